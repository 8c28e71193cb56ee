package io.millrace.storage;

/** A file could not be read or written as it should. {@link #kind()} says what the caller must decide by. */
public final class StorageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What happened. */
    public enum Kind {
        /** The operating system refused or failed an operation. A failed write or force is never repeated. */
        IO,
        /** No space left. */
        FULL,
        /** Bytes that were written cannot be what was written: checksum, magic or length is wrong. */
        CORRUPT,
        /** Written by a newer format. */
        NEWER_FORMAT,
        /** The extent's file is gone. */
        GONE,
        /** The store is closed, or has failed before. */
        CLOSED
    }

    private final Kind kind;

    public StorageException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public StorageException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
