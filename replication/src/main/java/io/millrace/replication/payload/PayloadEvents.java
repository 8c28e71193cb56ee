package io.millrace.replication.payload;

import io.millrace.replication.peer.ShardLeader;

/** What the broker hears of the streams and of payloads. Must not block. */
public interface PayloadEvents {
    /** A peer leads a shard. */
    void announced(ShardLeader leader);

    /** A stream to a peer is up, or broke. */
    void connection(int broker, boolean isUp);

    /** The process of a peer has ended. */
    void died(int broker);
}
