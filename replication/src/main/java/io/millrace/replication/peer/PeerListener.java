package io.millrace.replication.peer;

import java.nio.ByteBuffer;

/**
 * What the streams ask of, and tell, this broker. Called on threads of the streams: {@link #copy} may read a file, everything else must not block.
 */
public interface PeerListener {
    /** A payload was pushed by the leader of its shard. The listener closes it. It may be late, of an old term, or come twice. */
    void pushed(int fromBroker, ReceivedPayload payload);

    /**
     * Copies a payload of this broker into {@code target}, which has exactly its length remaining, to be pushed or to answer a pull.
     *
     * @return false: it is not here (not yet, or no more), or has another length
     */
    boolean copy(PayloadId id, ByteBuffer target);

    /** The length of a payload of this broker that a peer asks for; -1: it is not here. */
    int lengthOf(PayloadId id);

    /** A peer leads a shard. Repeated whenever a connection begins. */
    void announced(ShardLeader leader);

    /** A stream to the peer is up. */
    void connected(int broker);

    /** The stream to the peer broke, for whatever reason: nothing follows from that alone. */
    void disconnected(int broker);

    /**
     * After the stream to the peer had been up it broke, and a new connection was refused: nobody listens there any more, so its process has
     * ended. Once for each time that the stream breaks.
     */
    void refused(int broker);
}
