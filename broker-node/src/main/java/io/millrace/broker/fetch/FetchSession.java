package io.millrace.broker.fetch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.millrace.broker.metadata.Groups;
import io.millrace.broker.metadata.Partitions;
import io.millrace.broker.metadata.Partitions.Place;
import io.millrace.broker.metadata.Topic;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.replication.PartitionStatus;
import io.millrace.replication.ReadBatches;
import io.millrace.replication.Shard;
import io.millrace.replication.state.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One query of a consumer, from asking to answering, in two phases. <em>Waiting</em> holds no bytes: the session watches its partitions and
 * says once that it is readable, when about {@code minBytes} are there, a part has an error, or the time is over. <em>Reading</em>, when
 * the front-end has room for the answer, takes the bytes.
 *
 * <p>Thread safe. Watches call on apply threads, which only hand over to the executor.
 */
public final class FetchSession implements AutoCloseable {
    /** How long a look for a group that was never heard of here may hold a reader's thread. */
    private static final long GROUP_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Partitions partitions;
    private final Groups groups;
    private final LongSupplier nanos;
    private final FetchQuery query;
    private final Executor executor;
    private final Runnable onReadable;
    private final AtomicBoolean isReadable = new AtomicBoolean();
    private final AtomicBoolean isChecking = new AtomicBoolean();
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final List<Shard.Watch> watches = new ArrayList<>();

    @GuardedBy("lock")
    private @Nullable ScheduledFuture<?> timer;

    @GuardedBy("lock")
    private boolean isClosed;

    FetchSession(
            Partitions partitions,
            Groups groups,
            LongSupplier nanos,
            FetchQuery query,
            Executor executor,
            Runnable onReadable) {
        this.partitions = partitions;
        this.groups = groups;
        this.nanos = nanos;
        this.query = query;
        this.executor = executor;
        this.onReadable = onReadable;
    }

    /** Begins to wait. {@code onReadable} is called once, on the executor or this thread, also where the session is closed first. */
    void start(ScheduledExecutorService timers) {
        if (query.waitNanos() <= 0 || hasEnough()) {
            becomeReadable();
            return;
        }
        watchAll();
        lock.lock();
        try {
            if (!isClosed) {
                timer = timers.schedule(
                        () -> executor.execute(this::becomeReadable), query.waitNanos(), TimeUnit.NANOSECONDS);
            }
        } finally {
            lock.unlock();
        }
        // What came between the look and the watch was not announced.
        check();
    }

    private void watchAll() {
        for (FetchQuery.Part part : query.parts()) {
            try {
                Place place = place(part);
                Shard.Watch watch = place.shard().watch(place.id(), this::advanced);
                if (!keep(watch)) {
                    watch.close();
                    return;
                }
            } catch (FaultException e) {
                // The part's fault is told by the read that follows.
                becomeReadable();
                return;
            }
        }
    }

    private boolean keep(Shard.Watch watch) {
        lock.lock();
        try {
            if (!isClosed) {
                watches.add(watch);
            }
            return !isClosed;
        } finally {
            lock.unlock();
        }
    }

    private void advanced() {
        if (!isReadable.get() && isChecking.compareAndSet(false, true)) {
            executor.execute(this::check);
        }
    }

    private void check() {
        // Cleared first: what comes during the look is looked at again.
        isChecking.set(false);
        if (!isReadable.get() && hasEnough()) {
            becomeReadable();
        }
    }

    private void becomeReadable() {
        if (isReadable.compareAndSet(false, true)) {
            close();
            onReadable.run();
        }
    }

    /** By an estimate from the partition's mean record: exact for whether there is anything at all. */
    private boolean hasEnough() {
        long bytes = 0;
        for (FetchQuery.Part part : query.parts()) {
            try {
                PartitionStatus status = checkedStatus(part, place(part));
                long records = status.logEnd() - part.offset();
                if (records > 0) {
                    long perRecord = status.records() == 0 ? 1 : Math.max(1, status.bytes() / status.records());
                    bytes += records * perRecord;
                }
            } catch (FaultException e) {
                return true;
            }
        }
        return bytes > 0 && bytes >= query.minBytes();
    }

    /** Reads now, whatever there is; blocks for the disk. Parts are read in turn until the bytes are used up. */
    public List<FetchAnswer> read() {
        List<FetchAnswer> answers = new ArrayList<>(query.parts().size());
        int left = query.maxBytes();
        for (int i = 0; i < query.parts().size(); i++) {
            FetchQuery.Part part = query.parts().get(i);
            if (left <= 0) {
                break;
            }
            FetchAnswer answer = read(i, part, Math.min(left, part.maxBytes()), left == query.maxBytes());
            if (answer instanceof FetchAnswer.Records records) {
                left -= records.batches().remaining();
            }
            answers.add(answer);
        }
        return answers;
    }

    private FetchAnswer read(int index, FetchQuery.Part part, int maxBytes, boolean isFirst) {
        PartitionStatus status = null;
        try {
            Place place = place(part);
            status = checkedStatus(part, place);
            ReadBatches read = place.shard().read(place.id(), part.offset(), maxBytes);
            boolean tooLarge = !isFirst && read.batches().remaining() > maxBytes;
            return tooLarge
                    ? new FetchAnswer.Records(
                            index,
                            read.status(),
                            read.batches().limit(read.batches().position()),
                            part.offset())
                    : new FetchAnswer.Records(index, read.status(), read.batches(), read.nextOffset());
        } catch (FaultException e) {
            return new FetchAnswer.Failed(index, named(e.fault(), part), status);
        }
    }

    /** What a shard says of a partition by its id is told by its name. */
    private static Fault named(Fault fault, FetchQuery.Part part) {
        return fault.resource().isEmpty() || !fault.resource().startsWith("topic/")
                ? new Fault(
                        fault.code(),
                        fault.message(),
                        Topic.resource(part.topic(), part.partition()),
                        fault.effect(),
                        fault.detail())
                : fault;
    }

    private Place place(FetchQuery.Part part) {
        return partitions.place(part.topicId(), part.topic(), part.partition());
    }

    private PartitionStatus checkedStatus(FetchQuery.Part part, Place place) {
        PartitionStatus status = place.status();
        FetchQuery.Fence fence = part.fence();
        if (fence != null) {
            checkFence(place, fence);
        }
        if (part.offset() < status.logStart() || part.offset() > status.logEnd()) {
            throw OffsetRange.fault(place, part.offset(), status).asException();
        }
        return status;
    }

    private void checkFence(Place place, FetchQuery.Fence fence) {
        UUID group = groups.id(fence.group(), nanos.getAsLong() + GROUP_NANOS);
        Position position = place.shard().position(place.id(), group);
        if (position == null) {
            throw Fault.of(
                            ErrorCode.POSITION_NOT_READY,
                            place.resource(),
                            "The group " + fence.group() + " has not claimed this partition.")
                    .asException();
        }
        if (position.ownerEpoch() != fence.ownerEpoch()) {
            throw Fault.of(
                            ErrorCode.FENCED,
                            place.resource(),
                            "The partition belongs to owner epoch " + position.ownerEpoch() + " of group "
                                    + fence.group() + "; this reader has epoch " + fence.ownerEpoch() + ".",
                            new Fault.Owner(
                                    position.ownerEpoch(),
                                    position.owner() == null
                                            ? ""
                                            : position.owner().toString().replace("-", "")))
                    .asException();
        }
    }

    /** Makes a waiting session readable at once, for a stop. */
    public void cutShort() {
        becomeReadable();
    }

    /** Ends the waiting. Idempotent. */
    @Override
    public void close() {
        List<Shard.Watch> open;
        lock.lock();
        try {
            isClosed = true;
            open = List.copyOf(watches);
            watches.clear();
            if (timer != null) {
                timer.cancel(false);
                timer = null;
            }
        } finally {
            lock.unlock();
        }
        open.forEach(Shard.Watch::close);
    }
}
