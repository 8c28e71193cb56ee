package io.millrace.replication.peer;

import org.jspecify.annotations.Nullable;

/** Why one broker takes no stream of another. The codes stand on the wire and never change. */
public enum HelloRefusal {
    /** What came is no greeting of a peer stream. */
    NOT_A_PEER(1),
    UNSUPPORTED_VERSION(2),
    WRONG_CLUSTER(3),
    /** Another broker lives at that address. */
    WRONG_BROKER(4),
    /** The broker came with another disk than the one that the cluster knows. */
    WRONG_INCARNATION(5),
    /** This broker greeted itself. */
    SELF(6);

    private final int code;

    HelloRefusal(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static @Nullable HelloRefusal of(int code) {
        for (HelloRefusal refusal : values()) {
            if (refusal.code == code) {
                return refusal;
            }
        }
        return null;
    }
}
