package io.millrace.replication;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A replicated log of entries, each a small body (agreed on by Raft) and a payload beside it (in the shard log), that drives one
 * {@link ReplicatedMachine}. Two implementations: Apache Ratis, and a local, synchronous one for tests.
 *
 * <p>Thread safe, but proposals of one shard come from one thread, in the order of their sequence numbers.
 *
 * @param <R> what applying an entry answers
 */
public interface ReplicatedLog<R> extends AutoCloseable {

    /**
     * Proposes an entry. The future completes with what apply answered, after body and payload were forced at a majority; or with a
     * {@link io.millrace.error.FaultException}: NOT_LEADER, STOPPING with effect NOT_WRITTEN where the entry surely never enters the log, else UNKNOWN.
     * It always completes: a wait in here has a deadline of its own.
     */
    CompletableFuture<R> propose(Proposal proposal);

    Leadership leadership();

    /** The first index that this replica's log still holds. */
    long firstIndex();

    /**
     * No replica asks for the payload of an entry below this index any more, and none is applied again: rows of such may be moved, and a segment
     * file that has only such, all dead, may go.
     */
    long payloadFloor();

    /** Entries up to and including this index are in the durable index: the log may be purged up to there. */
    void checkpointed(long raftIndex);

    /** Stops taking proposals, fails what is in flight as UNKNOWN, and waits for the threads to end. */
    @Override
    void close();

    /**
     * An entry to be proposed. {@code term} and {@code seq} are what the proposer assumes: the log refuses the entry where it is not next.
     *
     * @param payloadCrc CRC-32C of the payload; 0 where there is none
     * @param payload from position to limit of each buffer; not changed until the future completes
     */
    record Proposal(long term, long seq, byte[] body, int payloadCrc, List<ByteBuffer> payload) {}
}
