package io.millrace.replication;

import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.record.BatchHeader;
import io.millrace.replication.WriteRequest.Append;
import io.millrace.replication.WriteRequest.Command;
import io.millrace.replication.state.CommandResult;
import io.millrace.replication.state.EntryResult;
import io.millrace.replication.state.EpochRow;
import io.millrace.replication.state.EpochStart;
import io.millrace.replication.state.Group;
import io.millrace.replication.state.GroupRow;
import io.millrace.replication.state.Partition;
import io.millrace.replication.state.PartitionId;
import io.millrace.replication.state.Position;
import io.millrace.replication.state.PositionRow;
import io.millrace.replication.state.ShardClock;
import io.millrace.replication.state.ShardCommand;
import io.millrace.storage.AppliedMark;
import io.millrace.storage.PartitionIndex;
import io.millrace.storage.Rows;
import io.millrace.storage.ShardLog;
import io.millrace.storage.StorageException;
import io.millrace.storage.clean.DeadFileCleaner;
import io.millrace.storage.clean.Pace;
import io.millrace.storage.clean.Rewriter;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A shard as the broker sees it: one replicated log that carries many partitions, and the state that it drives. Thread safe.
 *
 * <p>Life: built over an index and a shard log that are recovered ({@link #Shard}); its {@link #machine} is given to a replicated log, with
 * which it is {@link #start}ed; from then on it serves, until it fails or is closed. A shard whose machine fails is quarantined: every method
 * answers SHARD_UNAVAILABLE with the reason, and nothing is written any more.
 *
 * <p>Every method throws, or fails its future, with a {@link FaultException}.
 */
public final class Shard implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Shard.class);

    /** How long a close waits for what is in flight. */
    private static final long CLOSE_MILLIS = 5_000;

    /** Deleted by one checkpoint, at least four files: what the shard log takes away until the next one. */
    private static final long DELETED_BYTES_AT_ONCE = 1L << 30;

    private final int id;
    private final ShardConfig config;
    private final ShardListener listener;
    private final LongSupplier nanoTime;
    private final InstantSource wallClock;
    private final PartitionIndex index;
    private final Watchers watchers;
    private final DeadFileCleaner cleaner;
    private final ShardMachine machine;
    private final StoredExtents stored;
    private final PartitionReader reader;
    private final Rewriter rewriter;
    private final int deletedFilesAtOnce;
    private final AtomicReference<@Nullable Fault> unavailable = new AtomicReference<>();

    private volatile @Nullable ShardWriter writer;
    private volatile @Nullable ReplicatedLog<EntryResult> replicatedLog;

    /**
     * A shard that does not serve yet.
     *
     * @param wallClock read once, at {@link #start}: shard time is at least what it says
     * @param nanoTime monotonic; deadlines are on it
     */
    public Shard(
            int id,
            ShardLog shardLog,
            PartitionIndex index,
            ShardConfig config,
            InstantSource wallClock,
            LongSupplier nanoTime,
            ShardListener listener) {
        this.id = id;
        this.config = config;
        this.listener = listener;
        this.nanoTime = nanoTime;
        this.wallClock = wallClock;
        this.index = index;
        this.watchers = new Watchers(config.watchers());
        this.cleaner = new DeadFileCleaner(shardLog, index);
        this.machine = new ShardMachine(index, cleaner, nanoTime, listener, watchers);
        this.stored = new StoredExtents(id, index, shardLog, machine::amend, this::reading);
        this.reader = new PartitionReader(index, shardLog, stored.known());
        this.deletedFilesAtOnce = (int) Math.max(4, DELETED_BYTES_AT_ONCE / shardLog.segmentBytes());
        this.rewriter = new Rewriter(shardLog, index, new SoundExtents(shardLog), machine::amend);
    }

    /** What the replicated log drives. */
    public ReplicatedMachine<EntryResult> machine() {
        return machine;
    }

    /** Starts serving over a log that drives this shard's machine; the shard closes the log. Once. */
    public void start(ReplicatedLog<EntryResult> driven) {
        if (writer != null) {
            throw new IllegalStateException(resource() + " was started before");
        }
        long startMicros = TimeUnit.MILLISECONDS.toMicros(wallClock.millis());
        ShardClock clock = new ShardClock(machine.timeMicros(), startMicros, nanoTime.getAsLong());
        ShardWriter started = new ShardWriter(id, config, machine, index, driven, clock, nanoTime, listener);
        replicatedLog = driven;
        writer = started;
        machine.listenWith(new ShardMachine.Events() {
            @Override
            public void leadershipChanged() {
                started.poke();
                if (!machine.leadership().leading()) {
                    watchers.tellAll(); // whoever waits here waits at the wrong broker
                }
            }

            @Override
            public void failed(Throwable cause) {
                quarantine(cause);
            }
        });
        started.start();
    }

    private void quarantine(Throwable cause) {
        log.error("{} is quarantined: an entry could not be applied", resource(), cause);
        Fault fault = Fault.of(ErrorCode.SHARD_UNAVAILABLE, resource(), "the shard is quarantined: " + cause);
        unavailable.compareAndSet(null, fault);
        ShardWriter started = writer;
        if (started != null) {
            started.stop(fault);
        }
        watchers.tellAll();
    }

    public int id() {
        return id;
    }

    public Leadership leadership() {
        Leadership seen = machine.leadership();
        return unavailable.get() == null ? seen : new Leadership(seen.term(), false, null);
    }

    /** Why nothing is served, or null. */
    public @Nullable Fault unavailable() {
        return unavailable.get();
    }

    /**
     * Appends a record batch. The future completes, on the shard's writer thread, once the batch is on the disks of a majority and applied
     * here; what hangs on it must be short.
     *
     * <p>Before the proposal, with effect NOT_WRITTEN: NOT_LEADER, SHARD_UNAVAILABLE, UNKNOWN_PARTITION, OVERLOADED, DEADLINE_EXCEEDED,
     * STOPPING, INVALID_REQUEST, OUT_OF_ORDER_SEQUENCE, PRODUCER_FENCED, SESSION_EXPIRED. After it every fault has effect UNKNOWN.
     *
     * @param batch one verified batch, magic 2, from position to limit; not changed until the future completes
     * @param deadlineNanos on the monotonic clock that the shard was opened with: not proposed by then, it is refused
     * @throws io.millrace.record.InvalidBatchException where the bytes are not one batch
     */
    public CompletableFuture<Appended> append(PartitionId partition, ByteBuffer batch, long deadlineNanos) {
        BatchHeader header = EntryDraft.headerOf(batch);
        CompletableFuture<Appended> future = new CompletableFuture<>();
        submit(new Append(partition, header, batch, deadlineNanos, nanoTime.getAsLong(), future));
        return future;
    }

    /** Executes a command. What it refuses is a value ({@link CommandResult.Refused}); faults are as for {@link #append}. */
    public CompletableFuture<CommandResult> execute(ShardCommand command, long deadlineNanos) {
        CompletableFuture<CommandResult> future = new CompletableFuture<>();
        submit(new Command(command, resource(), deadlineNanos, nanoTime.getAsLong(), future));
        return future;
    }

    private void submit(WriteRequest request) {
        ShardWriter started = writer;
        Fault fault = unavailable.get();
        if (fault != null) {
            request.fail(fault);
        } else if (started == null) {
            request.fail(Fault.of(ErrorCode.SHARD_UNAVAILABLE, resource(), "the shard is starting"));
        } else {
            started.submit(request);
        }
    }

    /** The partition as of the last applied entry; null: not in this shard. */
    public @Nullable PartitionStatus partition(PartitionId partition) {
        checkAvailable();
        Partition found = machine.table().get(partition);
        return found == null ? null : PartitionTable.status(found);
    }

    /** All partitions in this shard, in no order. */
    public List<PartitionStatus> partitions() {
        checkAvailable();
        return machine.table().all();
    }

    /**
     * Reads whole batches, from the one that holds {@code offset} on, or the next one where the offset lies in a hole. The first is returned
     * even where it alone is larger than {@code maxBytes}.
     *
     * <p>Faults: UNKNOWN_PARTITION; OFFSET_OUT_OF_RANGE with the range; CORRUPT with the range of exactly what cannot be read, where the
     * first batch wanted is damaged (readable ones before it are returned first).
     */
    public ReadBatches read(PartitionId partition, long offset, int maxBytes) {
        return repairing(partition, () -> reader.read(partition, offset, maxBytes));
    }

    /** The first record with a timestamp ≥ the one given. Faults: UNKNOWN_PARTITION, CORRUPT. */
    public OffsetAtTime offsetAtTime(PartitionId partition, long timestampMillis) {
        return repairing(partition, () -> reader.offsetAtTime(partition, timestampMillis));
    }

    /** Where a group stands; null: it has no position on the partition. Faults: UNKNOWN_PARTITION. */
    public @Nullable Position position(PartitionId partition, UUID group) {
        int handle = handle(partition);
        return viewing(rows -> PositionRow.get(rows, handle, group));
    }

    public @Nullable Group group(String name) {
        return viewing(rows -> GroupRow.find(rows, name));
    }

    /** All groups in this shard, by id. */
    public List<Group> groups() {
        List<Group> all = viewing(GroupRow::all);
        return all == null ? List.of() : all;
    }

    /** The leader epochs of a partition, rising. Faults: UNKNOWN_PARTITION. */
    public List<EpochStart> epochs(PartitionId partition) {
        int handle = handle(partition);
        List<EpochStart> all = viewing(rows -> EpochRow.all(rows, handle));
        return all == null ? List.of() : all;
    }

    /**
     * Calls back after each entry that moved the partition's bounds, and when the partition, the shard or its leadership goes away, until closed. The
     * callback runs on the apply thread: it must not block or throw. Look at the partition after this returns, not before. Faults:
     * UNKNOWN_PARTITION, OVERLOADED where too many watch.
     */
    public Watch watch(PartitionId partition, Runnable onAdvance) {
        handle(partition);
        return watchers.add(partition, onAdvance, "partition/" + partition);
    }

    public ShardStats stats() {
        ShardWriter started = writer;
        AppliedMark applied = machine.applied();
        return new ShardStats(
                applied.term(),
                applied.raftIndex(),
                machine.timeMicros(),
                machine.table().size(),
                machine.appendedBytes(),
                machine.appendedRecords(),
                started == null ? 0 : started.queuedRequests(),
                started == null ? 0 : started.queuedBytes(),
                started == null ? 0 : started.entriesInFlight(),
                watchers.size(),
                rewriter.movedBytes(),
                rewriter.filesWritten(),
                rewriter.damagedFiles());
    }

    /**
     * What this replica's partitions held at the entry of a {@link ShardCommand.TakeSums}, once that is applied here: in a replica that lags, later; in one that was
     * restarted since, never. Faults: OVERLOADED.
     */
    public CompletableFuture<PartitionSums> sums(UUID id) {
        checkAvailable();
        return machine.sums().get(id);
    }

    /** What is stored, whoever reads it. */
    public StoredExtents stored() {
        return stored;
    }

    private int handle(PartitionId partition) {
        checkAvailable();
        Partition found = machine.table().get(partition);
        if (found == null) {
            throw unknownPartition(partition).asException();
        }
        return found.handle();
    }

    static Fault unknownPartition(PartitionId partition) {
        return Fault.of(ErrorCode.UNKNOWN_PARTITION, "partition/" + partition, "the partition is not in this shard");
    }

    private void checkAvailable() {
        Fault fault = unavailable.get();
        if (fault != null) {
            throw fault.asException();
        }
    }

    private <T> @Nullable T viewing(Function<Rows, @Nullable T> read) {
        return reading(() -> {
            try (PartitionIndex.View view = index.view()) {
                return read.apply(view);
            }
        });
    }

    /** A read that meets damage is done once more where that could be repaired. */
    private <T> T repairing(PartitionId partition, Supplier<T> read) {
        try {
            return reading(read);
        } catch (FaultException e) {
            boolean isRepaired = e.fault().detail() instanceof Fault.CorruptRange range
                    && stored.isRepaired(partition, range.from());
            if (isRepaired) {
                return reading(read);
            }
            throw e;
        }
    }

    private <T> T reading(Supplier<T> read) {
        checkAvailable();
        try {
            return read.get();
        } catch (StorageException e) {
            checkAvailable(); // closed meanwhile
            Fault fault =
                    Fault.of(ErrorCode.SHARD_UNAVAILABLE, resource(), "the shard cannot be read: " + e.getMessage());
            throw new FaultException(fault, e);
        }
    }

    /**
     * Makes everything applied durable in the index, lets the log forget it, and deletes segment files that have no live byte left. Any
     * thread, one at a time.
     *
     * @return how many files were deleted: there may be more
     */
    public int checkpoint() {
        checkAvailable();
        long raftIndex = machine.applied().raftIndex(); // before the flush, which covers at least that
        index.flush();
        ReplicatedLog<EntryResult> driven = replicatedLog;
        if (driven != null && raftIndex >= 0) {
            driven.checkpointed(raftIndex);
            long floor = driven.payloadFloor();
            machine.payloadFloor(floor);
            return cleaner.clean(floor, deletedFilesAtOnce);
        }
        return 0;
    }

    /**
     * Moves what is live out of some mostly dead segment files into a new one; a later {@link #checkpoint} deletes them. Any thread, one at a
     * time; a checkpoint may run meanwhile.
     *
     * @param reserveBytes free space that is left alone
     * @return whether something was moved: there may be more
     */
    public boolean rewrite(long reserveBytes, Pace pace) {
        checkAvailable();
        ReplicatedLog<EntryResult> driven = replicatedLog;
        return driven != null && rewriter.rewrite(driven.payloadFloor(), reserveBytes, pace);
    }

    /**
     * Refuses new requests and what waits unproposed (STOPPING, NOT_WRITTEN), gives what is in flight some seconds to end, closes the log,
     * which fails the rest as UNKNOWN, and flushes the index. The caller closes index and shard log.
     */
    @Override
    public void close() {
        Fault stopping = Fault.of(ErrorCode.STOPPING, resource(), "the broker is stopping");
        boolean healthy = unavailable.get() == null;
        ShardWriter started = writer;
        ReplicatedLog<EntryResult> driven = replicatedLog;
        if (started != null && driven != null) {
            started.stop(stopping);
            try {
                boolean ended = started.awaitEnd(CLOSE_MILLIS);
                driven.close();
                if (!ended && !started.awaitEnd(CLOSE_MILLIS)) {
                    log.warn("{}: entries in flight did not end", resource());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                driven.close();
            }
        }
        if (unavailable.compareAndSet(null, stopping)) {
            watchers.tellAll();
        }
        if (healthy) {
            index.flush();
        }
    }

    private String resource() {
        return "shard/" + id;
    }

    /** A watch on a partition; closing it is idempotent. */
    public interface Watch extends AutoCloseable {
        @Override
        void close();
    }
}
