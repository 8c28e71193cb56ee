package io.millrace.broker.fetch;

import io.millrace.broker.metadata.Groups;
import io.millrace.broker.metadata.Partitions;
import io.millrace.broker.metadata.Partitions.Place;
import io.millrace.replication.OffsetAtTime;
import io.millrace.replication.PartitionStatus;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongSupplier;

/** Opens fetch sessions and answers for offsets. Thread safe. */
public final class Fetches {
    private final Partitions partitions;
    private final Groups groups;
    private final LongSupplier nanos;
    private final Executor executor;
    private final ScheduledExecutorService timers;
    private final Set<FetchSession> waiting = ConcurrentHashMap.newKeySet();
    private volatile boolean isStopping;

    /** Looks and reads run on {@code executor}; {@code timers} only hands over to it. */
    public Fetches(
            Partitions partitions,
            Groups groups,
            LongSupplier nanos,
            Executor executor,
            ScheduledExecutorService timers) {
        this.partitions = partitions;
        this.groups = groups;
        this.nanos = nanos;
        this.executor = executor;
        this.timers = timers;
    }

    /** A place in a partition. */
    public sealed interface StartPoint {
        record AtOffset(long offset) implements StartPoint {}

        record AtTime(long timestampMillis) implements StartPoint {}

        record AtStart() implements StartPoint {}

        record AtEnd() implements StartPoint {}
    }

    /** @param timestampMillis of the record there, where it was looked for by time; else -1 */
    public record FoundOffset(long offset, long timestampMillis, int leaderEpoch, PartitionStatus status) {}

    /** A session that waits. {@code onReadable} runs once, on the executor or on this thread, before or after this returns. */
    public FetchSession open(FetchQuery query, Runnable onReadable) {
        FetchSession[] self = new FetchSession[1];
        FetchSession session = new FetchSession(partitions, groups, nanos, query, executor, () -> {
            waiting.remove(self[0]);
            onReadable.run();
        });
        self[0] = session;
        waiting.add(session);
        return session;
    }

    /** Begins the waiting of a session that {@link #open} made. */
    public void start(FetchSession session) {
        session.start(timers);
        if (isStopping) {
            session.cutShort();
        }
    }

    /** Ends a session that nobody wants any more. */
    public void abandon(FetchSession session) {
        session.close();
        waiting.remove(session);
    }

    /** From now on nothing waits. */
    public void stopWaiting() {
        isStopping = true;
        waiting.forEach(FetchSession::cutShort);
    }

    public int waiting() {
        return waiting.size();
    }

    /** Faults: those of {@link Partitions}, OFFSET_OUT_OF_RANGE, CORRUPT. */
    public FoundOffset find(Place place, StartPoint point) {
        PartitionStatus status = place.status();
        if (point instanceof StartPoint.AtTime time) {
            OffsetAtTime found = place.shard().offsetAtTime(place.id(), time.timestampMillis());
            return new FoundOffset(found.offset(), found.timestampMillis(), found.leaderEpoch(), status);
        }
        if (point instanceof StartPoint.AtOffset at) {
            if (at.offset() < status.logStart() || at.offset() > status.logEnd()) {
                throw OffsetRange.fault(place, at.offset(), status).asException();
            }
            return new FoundOffset(at.offset(), -1, status.leaderEpoch(), status);
        }
        long offset = point instanceof StartPoint.AtStart ? status.logStart() : status.logEnd();
        return new FoundOffset(offset, -1, status.leaderEpoch(), status);
    }
}
