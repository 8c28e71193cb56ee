package io.millrace.replication.peer;

import org.jspecify.annotations.Nullable;

/** What a frame says. The codes stand on the wire and never change. */
enum FrameKind {
    /** A payload, unasked. */
    PUSH(1),
    /** Asks for a payload. */
    PULL(2),
    /** The payload that was asked for. */
    PULLED(3),
    /** The payload that was asked for is not there. */
    NONE(4),
    /** The sender leads a shard. */
    LEADER(5),
    /** The sender lives. */
    PING(6);

    private final int code;

    FrameKind(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    boolean carriesPayload() {
        return this == PUSH || this == PULLED;
    }

    static @Nullable FrameKind of(int code) {
        for (FrameKind kind : values()) {
            if (kind.code == code) {
                return kind;
            }
        }
        return null;
    }
}
