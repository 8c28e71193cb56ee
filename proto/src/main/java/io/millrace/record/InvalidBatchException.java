package io.millrace.record;

import io.millrace.error.ErrorCode;

/** Bytes that are not the record batch they claim to be. {@link #code()} says in which way. */
public final class InvalidBatchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;

    public InvalidBatchException(ErrorCode code, String message) {
        super(message);
        this.code = code;
    }

    public InvalidBatchException(ErrorCode code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    public ErrorCode code() {
        return code;
    }
}
