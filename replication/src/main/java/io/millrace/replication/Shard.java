package io.millrace.replication;

import io.millrace.replication.state.CommandResult;
import io.millrace.replication.state.EpochStart;
import io.millrace.replication.state.Group;
import io.millrace.replication.state.PartitionId;
import io.millrace.replication.state.Position;
import io.millrace.replication.state.ShardCommand;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A shard as the broker sees it: one replicated log that carries many partitions, and the state that it drives. Thread safe.
 *
 * <p>Every method throws, or fails its future, with a {@link io.millrace.error.FaultException}. SHARD_UNAVAILABLE from all of them means
 * that the shard is quarantined or closed.
 */
@SuppressWarnings("DoNotCallSuggester") // the signatures come first, the bodies next
public final class Shard implements AutoCloseable {
    Shard() {}

    public int id() {
        throw new UnsupportedOperationException();
    }

    public Leadership leadership() {
        throw new UnsupportedOperationException();
    }

    /**
     * Appends a record batch. The future completes once it is on the disks of a majority and applied here.
     *
     * <p>Before the proposal, with effect NOT_WRITTEN: NOT_LEADER, UNKNOWN_PARTITION, OVERLOADED, DEADLINE_EXCEEDED, STOPPING,
     * OUT_OF_ORDER_SEQUENCE, PRODUCER_FENCED, SESSION_EXPIRED. After it every fault has effect UNKNOWN.
     *
     * @param batch one verified batch, magic 2, from position to limit; not changed until the future completes
     * @param deadlineNanos on the monotonic clock that the shard was opened with
     */
    public CompletableFuture<Appended> append(PartitionId id, ByteBuffer batch, long deadlineNanos) {
        throw new UnsupportedOperationException();
    }

    /**
     * Executes a command. What it refuses is a value ({@link CommandResult.Refused}); faults are as for {@link #append}.
     */
    public CompletableFuture<CommandResult> execute(ShardCommand command, long deadlineNanos) {
        throw new UnsupportedOperationException();
    }

    /** The partition as of the last applied entry; null: not in this shard. */
    public @Nullable PartitionStatus partition(PartitionId id) {
        throw new UnsupportedOperationException();
    }

    /** All partitions in this shard, in no order. */
    public List<PartitionStatus> partitions() {
        throw new UnsupportedOperationException();
    }

    /**
     * Reads whole batches, from the one that holds {@code offset} on, or the next one where the offset lies in a hole. The first is
     * returned even where it alone is larger than {@code maxBytes}.
     *
     * <p>Faults: UNKNOWN_PARTITION; OFFSET_OUT_OF_RANGE with the range; CORRUPT with the range of exactly what cannot be read, where the
     * first batch wanted is damaged (readable ones before it are returned first).
     */
    public ReadBatches read(PartitionId id, long offset, int maxBytes) {
        throw new UnsupportedOperationException();
    }

    /** The first record with a timestamp ≥ the one given. Faults: UNKNOWN_PARTITION, CORRUPT. */
    public OffsetAtTime offsetAtTime(PartitionId id, long timestampMillis) {
        throw new UnsupportedOperationException();
    }

    /** Where a group stands; null: it has no position on the partition. */
    public @Nullable Position position(PartitionId id, UUID group) {
        throw new UnsupportedOperationException();
    }

    public @Nullable Group group(String name) {
        throw new UnsupportedOperationException();
    }

    /** The leader epochs of a partition, rising. */
    public List<EpochStart> epochs(PartitionId id) {
        throw new UnsupportedOperationException();
    }

    /**
     * Calls back after each entry that moved the partition's bounds, until closed. The callback runs on the apply thread: it must not
     * block or throw. Faults: UNKNOWN_PARTITION, OVERLOADED where too many watch.
     */
    public Watch watch(PartitionId id, Runnable onAdvance) {
        throw new UnsupportedOperationException();
    }

    public ShardStats stats() {
        throw new UnsupportedOperationException();
    }

    /**
     * Stops taking requests (STOPPING), fails what waits unproposed (STOPPING, NOT_WRITTEN), closes the log, which settles or fails what
     * is in flight (UNKNOWN), then flushes the index. The caller closes index and shard log.
     */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }

    /** A watch on a partition; closing it is idempotent. */
    public interface Watch extends AutoCloseable {
        @Override
        void close();
    }
}
