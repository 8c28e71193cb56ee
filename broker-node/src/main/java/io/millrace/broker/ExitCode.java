package io.millrace.broker;

import io.millrace.error.ErrorCode;

/** What the process says when it ends. The numbers are for scripts and stay as they are. */
public enum ExitCode {
    STOPPED(0),
    BUG(1),
    USAGE(2),
    /** The JVM's own, as the launcher starts it. */
    OUT_OF_MEMORY(3),
    DIRECTORY(4),
    WRONG_DATA(5),
    DAMAGED(6),
    PORT_IN_USE(7),
    /** By {@code Runtime.halt}: a write or force failed, so nothing may pretend to end cleanly. */
    HALTED(70);

    private final int number;

    ExitCode(int number) {
        this.number = number;
    }

    public int number() {
        return number;
    }

    static ExitCode of(ErrorCode code) {
        return switch (code) {
            case PORT_IN_USE -> PORT_IN_USE;
            case DIRECTORY_LOCKED, DIRECTORY_NOT_WRITABLE -> DIRECTORY;
            case WRONG_CLUSTER, NEWER_FORMAT, BROKER_ID_IN_USE, STALE_BROKER -> WRONG_DATA;
            case DAMAGED_DIRECTORY -> DAMAGED;
            case INVALID_CONFIG, UNKNOWN_CONFIG -> USAGE;
            default -> BUG;
        };
    }
}
