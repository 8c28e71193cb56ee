package io.millrace.replication.peer;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The raw streams between this broker and the others of its cluster: one for each peer and direction, which carries all shards.
 * Thread safe; no call blocks.
 */
public interface PeerStreams extends AutoCloseable {
    /**
     * Sends a payload of this broker to a peer soon. Only the name is queued; the bytes are asked of {@link PeerListener#copy} when the stream has room. Where the
     * queue is full, or the peer is not connected, nothing is sent: the peer pulls what it misses.
     *
     * @param length of the payload in bytes
     * @param crc CRC-32C of the payload
     */
    void push(int broker, PayloadId id, int length, int crc);

    /**
     * Asks a peer for a payload. The future always completes, on a thread of the streams: with the payload, which the caller closes; with null where the peer says
     * that it has none; or with an {@link java.io.IOException} where no answer came in time. A payload whose bytes do not have the CRC that the peer says counts as
     * no answer.
     */
    CompletableFuture<@Nullable ReceivedPayload> pull(int broker, PayloadId id, long timeoutNanos);

    /** Tells all peers, now and whenever one connects, that this broker leads a shard. A newer one for the same shard replaces it. */
    void announce(ShardLeader leader);

    /** Stops telling new connections that this broker leads the shard. */
    void retract(int shard);

    /** Peers with a stream that is up. */
    Set<Integer> connected();

    /** Ends all streams; pulls under way fail. */
    @Override
    void close();
}
