package io.millrace.replication.state;

/** An entry's body that this version does not understand in full. It must not be applied in part: the shard is quarantined. */
public final class UnknownEntryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public UnknownEntryException(String message) {
        super(message);
    }

    public UnknownEntryException(String message, Throwable cause) {
        super(message, cause);
    }
}
