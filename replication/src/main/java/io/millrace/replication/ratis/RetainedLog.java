package io.millrace.replication.ratis;

import io.millrace.replication.ratis.RatisConfig.Retained;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * How far a Raft log may be purged: up to what each replica has, but for one that is so far behind that the entries, or their payload, would take more
 * than their share. Pure; used by one checkpoint at a time.
 */
final class RetainedLog {
    /** What had been applied when a checkpoint was made. */
    private record Mark(long raftIndex, long payloadBytes) {}

    private final Retained bounds;
    private final Deque<Mark> marks = new ArrayDeque<>();

    RetainedLog(Retained bounds) {
        this.bounds = bounds;
    }

    /**
     * @param checkpointed index up to which the replica's own storage is durable
     * @param everywhere index up to which each replica has the entries
     * @param payloadBytes applied since the start, of all entries
     * @return the last index that may go
     */
    long purgeable(long checkpointed, long everywhere, long payloadBytes) {
        marks.addLast(new Mark(checkpointed, payloadBytes));
        long tooOld = checkpointed - bounds.entries();
        while (!marks.isEmpty() && payloadBytes - marks.peekFirst().payloadBytes() > bounds.payloadBytes()) {
            tooOld = Math.max(tooOld, marks.pollFirst().raftIndex());
        }
        long purgeable = Math.min(checkpointed, Math.max(everywhere, tooOld));
        while (!marks.isEmpty() && marks.peekFirst().raftIndex() <= purgeable) {
            marks.pollFirst();
        }
        return purgeable;
    }
}
