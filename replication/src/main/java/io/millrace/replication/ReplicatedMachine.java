package io.millrace.replication;

import io.millrace.storage.AppliedMark;
import io.millrace.storage.Extent;
import io.millrace.storage.LogPosition;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link ReplicatedLog} drives. {@link #apply} is called by one thread, in log order, once per entry above {@link #applied}.
 *
 * @param <R> what applying an entry answers
 */
public interface ReplicatedMachine<R> {

    /**
     * Leader only, in log order, before the entry enters the log: false refuses it. An entry is next where its sequence is one above
     * the last of its term (the first of a term is 0). Checks only; must not block.
     */
    boolean admits(long term, long seq);

    /**
     * Applies an entry: synchronous and deterministic. A throw is a bug or a damaged replica and quarantines the shard.
     *
     * @param payload where the payload stands in this replica's shard log; null for an entry without one
     * @param logEnd the place after the last frame that is applied once this entry is
     */
    R apply(long term, long raftIndex, byte[] body, @Nullable Extent payload, LogPosition logEnd);

    /** An entry of Raft's own (configuration, metadata) passed: nothing to apply, but the applied index moves on. */
    void passed(long term, long raftIndex);

    AppliedMark applied();

    /** Where the payload of an applied entry stands, for a replica that missed it; null: it has none, or is not kept any more. Any thread. */
    @Nullable
    Extent payload(long term, long raftIndex);

    /** Leadership changed, or this replica became a ready leader. Called in order; must not block. */
    void onLeadership(Leadership leadership);
}
