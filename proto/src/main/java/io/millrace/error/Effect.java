package io.millrace.error;

/** What is known about the effect of a request that failed. */
public enum Effect {
    /** Nothing was written, and nothing will be. */
    NOT_WRITTEN,
    /** It was written. */
    WRITTEN,
    /** It may have been written, or may yet be: a retry is safe only under idempotence. */
    UNKNOWN
}
