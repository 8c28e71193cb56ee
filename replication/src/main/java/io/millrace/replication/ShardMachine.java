package io.millrace.replication;

import io.millrace.replication.state.AppendPart;
import io.millrace.replication.state.Applier;
import io.millrace.replication.state.CommandResult;
import io.millrace.replication.state.EntryContext;
import io.millrace.replication.state.EntryHeader;
import io.millrace.replication.state.EntryResult;
import io.millrace.replication.state.FrameRow;
import io.millrace.replication.state.HeaderCodec;
import io.millrace.replication.state.Partition;
import io.millrace.replication.state.PartitionId;
import io.millrace.replication.state.PartitionRow;
import io.millrace.replication.state.ShardCommand;
import io.millrace.replication.state.ShardRow;
import io.millrace.storage.AppliedMark;
import io.millrace.storage.Extent;
import io.millrace.storage.LogPosition;
import io.millrace.storage.PartitionIndex;
import io.millrace.storage.Rows;
import io.millrace.storage.clean.DeadFileCleaner;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A shard's replicated state: applies entries to the index, one transaction each, then publishes what readers and waiters see.
 *
 * <p>{@link #apply} and {@link #passed} belong to the log's apply thread; {@link #admits} to whoever holds the log; the rest is for any thread.
 * One lock keeps {@link #amend} out of an apply: whoever holds it owns the index' transaction.
 */
final class ShardMachine implements ReplicatedMachine<EntryResult> {
    /** What the shard hears from its machine. Must not block. */
    interface Events {
        void leadershipChanged();

        /** Nothing more will be applied. */
        void failed(Throwable cause);
    }

    private final PartitionIndex index;
    private final ReentrantLock transaction = new ReentrantLock();
    private final DeadFileCleaner cleaner;
    private final LongSupplier nanoTime;
    private final ShardListener listener;
    private final Watchers watchers;
    private final PartitionTable table;
    private final EntryTail tail = new EntryTail();
    private final TakenSums sums = new TakenSums();
    private final LongAdder appendedBytes = new LongAdder();
    private final LongAdder appendedRecords = new LongAdder();

    private long firstFrame; // of the apply thread
    private volatile long payloadFloor;

    private volatile AppliedMark applied;
    private volatile long timeMicros;
    private volatile Leadership leadership = new Leadership(0, false, null);
    private volatile @Nullable Events events;

    ShardMachine(
            PartitionIndex index,
            DeadFileCleaner cleaner,
            LongSupplier nanoTime,
            ShardListener listener,
            Watchers watchers) {
        this.index = index;
        this.cleaner = cleaner;
        this.nanoTime = nanoTime;
        this.listener = listener;
        this.watchers = watchers;
        this.applied = index.applied();
        try (PartitionIndex.View view = index.view()) {
            this.timeMicros = ShardRow.timeMicros(view);
            this.table = new PartitionTable(PartitionRow.all(view));
        }
    }

    void listenWith(Events heard) {
        events = heard;
    }

    PartitionTable table() {
        return table;
    }

    EntryTail tail() {
        return tail;
    }

    TakenSums sums() {
        return sums;
    }

    /** T of the last applied entry; {@link Long#MIN_VALUE}: none yet. */
    long timeMicros() {
        return timeMicros;
    }

    long appendedBytes() {
        return appendedBytes.sum();
    }

    long appendedRecords() {
        return appendedRecords.sum();
    }

    Leadership leadership() {
        return leadership;
    }

    @Override
    public boolean admits(long term, long seq) {
        return tail.admits(term, seq);
    }

    @Override
    public EntryResult apply(long term, long raftIndex, byte[] body, @Nullable Extent payload, LogPosition logEnd) {
        long start = nanoTime.getAsLong();
        EntryHeader header;
        EntryResult result;
        try {
            header = HeaderCodec.decode(body);
            AppliedMark mark = new AppliedMark(term, raftIndex, logEnd);
            List<Partition> touched;
            transaction.lock();
            try (PartitionIndex.Transaction rows = index.begin()) {
                result = Applier.apply(new EntryContext(term, raftIndex), header, payload, rows);
                touched = touched(header, result, rows);
                if (payload != null) {
                    FrameRow.put(rows, term, raftIndex, payload);
                }
                firstFrame = FrameRow.drop(rows, firstFrame, payloadFloor);
                cleaner.forgetDeleted(rows);
                rows.commit(mark);
            } finally {
                transaction.unlock();
            }
            publish(mark, header, touched);
        } catch (RuntimeException e) {
            Events heard = events;
            if (heard != null) {
                heard.failed(e);
            }
            throw e;
        }
        listener.applied(header.parts().size(), payload == null ? 0 : payload.length(), nanoTime.getAsLong() - start);
        return result;
    }

    private static List<Partition> touched(EntryHeader header, EntryResult result, Rows rows) {
        Set<Integer> handles = new LinkedHashSet<>();
        for (AppendPart part : header.parts()) {
            handles.add(part.partition());
        }
        for (CommandResult each : result.results()) {
            if (each instanceof CommandResult.PartitionsCreated created) {
                handles.addAll(created.handles());
            }
        }
        List<Partition> touched = new ArrayList<>(handles.size());
        for (int handle : handles) {
            Partition partition = PartitionRow.get(rows, handle);
            if (partition != null) { // null: dropped by the same entry
                touched.add(partition);
            }
        }
        return touched;
    }

    private void publish(AppliedMark mark, EntryHeader header, List<Partition> touched) {
        // A drop first: what the rows hold at the end of the entry stays.
        List<PartitionId> dropped = new ArrayList<>();
        for (ShardCommand command : header.commands()) {
            if (command instanceof ShardCommand.DropPartitions drop) {
                dropped.addAll(table.removeTopic(drop.topic()));
            }
        }
        touched.forEach(table::put);
        for (ShardCommand command : header.commands()) {
            if (command instanceof ShardCommand.TakeSums take) {
                sums.put(take.id(), new PartitionSums(mark.raftIndex(), table.rows()));
            }
        }
        timeMicros = header.timeMicros();
        applied = mark;
        tail.applied(mark.term());
        for (AppendPart part : header.parts()) {
            appendedBytes.add(part.length());
            appendedRecords.add(part.recordCount());
        }
        touched.forEach(partition -> watchers.tell(partition.id()));
        dropped.forEach(watchers::tell);
    }

    @Override
    public void passed(long term, long raftIndex) {
        AppliedMark mark = new AppliedMark(term, raftIndex, applied.logEnd());
        transaction.lock();
        try (PartitionIndex.Transaction rows = index.begin()) {
            rows.commit(mark);
        } finally {
            transaction.unlock();
        }
        applied = mark;
    }

    /**
     * Changes rows between two applies, at the mark of the last one: only what is local to this replica, such as places. Any thread; waits for
     * an apply under way.
     */
    void amend(Consumer<Rows> change) {
        transaction.lock();
        try (PartitionIndex.Transaction rows = index.begin()) {
            change.accept(rows);
            rows.commit(index.applied());
        } finally {
            transaction.unlock();
        }
    }

    @Override
    public AppliedMark applied() {
        return applied;
    }

    /** Nobody asks for the payload of an entry below this index any more. */
    void payloadFloor(long raftIndex) {
        payloadFloor = raftIndex;
    }

    @Override
    public @Nullable Extent payload(long term, long raftIndex) {
        try (PartitionIndex.View view = index.view()) {
            return FrameRow.find(view, term, raftIndex);
        }
    }

    @Override
    public void onLeadership(Leadership changed) {
        leadership = changed;
        listener.leadershipChanged(changed);
        Events heard = events;
        if (heard != null) {
            heard.leadershipChanged();
        }
    }
}
