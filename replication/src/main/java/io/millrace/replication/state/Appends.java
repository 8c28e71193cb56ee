package io.millrace.replication.state;

import io.millrace.replication.state.EntryResult.AppendedPart;
import io.millrace.storage.Extent;
import io.millrace.storage.Rows;
import io.millrace.storage.index.ExtentRow;
import io.millrace.storage.index.ExtentRows;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The append parts of one entry, applied. Neighbouring batches of a partition become one extent. Used once. */
final class Appends {
    private final EntryContext context;
    private final long timeMicros;
    private final Rows rows;
    private final Map<Integer, Partition> partitions = new LinkedHashMap<>();
    private @Nullable Run run;

    Appends(EntryContext context, long timeMicros, Rows rows) {
        this.context = context;
        this.timeMicros = timeMicros;
        this.rows = rows;
    }

    List<AppendedPart> apply(List<AppendPart> parts, @Nullable Extent payload) {
        if (parts.isEmpty() != (payload == null)) {
            throw violation(parts.size() + " append parts, but the payload is " + payload);
        }
        if (payload == null) {
            return List.of();
        }
        List<AppendedPart> results = new ArrayList<>(parts.size());
        int position = 0;
        for (AppendPart part : parts) {
            if (part.length() > payload.length() - position) {
                throw violation("the parts are longer than the payload, " + payload);
            }
            results.add(append(part, payload.slice(position, part.length())));
            position += part.length();
        }
        if (position != payload.length()) {
            throw violation("the parts have " + position + " bytes, the payload is " + payload);
        }
        endRun();
        partitions.values().forEach(partition -> PartitionRow.put(rows, partition));
        return results;
    }

    private AppendedPart append(AppendPart part, Extent place) {
        Partition before = partition(part);
        check(part, before);
        if (part.leaderEpoch() > before.leaderEpoch()) {
            EpochRow.put(rows, part.partition(), new EpochStart(part.leaderEpoch(), part.baseOffset()));
        }
        if (part.isIdempotent()) {
            Producer known = ProducerRow.get(rows, part.partition(), part.producerId());
            ProducerRow.put(rows, part.partition(), part.producerId(), Producer.after(known, part, timeMicros));
        }
        Partition after = before.after(part);
        partitions.put(part.partition(), after);
        addToRun(part, place, after.maxTimestamp());
        return new AppendedPart(part.partition(), part.baseOffset(), after.logStart());
    }

    private Partition partition(AppendPart part) {
        Partition known = partitions.get(part.partition());
        if (known == null) {
            known = PartitionRow.get(rows, part.partition());
        }
        if (known == null) {
            throw violation("an append to partition " + part.partition() + ", which does not exist");
        }
        return known;
    }

    private void check(AppendPart part, Partition before) {
        boolean follows = part.atOffset() ? part.baseOffset() >= before.logEnd() : part.baseOffset() == before.logEnd();
        if (!follows) {
            throw violation("base offset " + part.baseOffset() + " in partition " + before.id() + ", which ends at "
                    + before.logEnd());
        }
        long epoch = before.epochBase() + context.term();
        if (part.leaderEpoch() != epoch || part.leaderEpoch() < before.leaderEpoch()) {
            throw violation("leader epoch " + part.leaderEpoch() + " in partition " + before.id() + ", where term "
                    + context.term() + " is epoch " + epoch + " and the last was " + before.leaderEpoch());
        }
        if (part.factsLength() != 0 || part.coordinatorEpoch() != 0 || part.isReservedKind()) {
            throw new UnknownEntryException(
                    "entry " + context.raftIndex() + " has facts or a transaction, which this version does not know");
        }
    }

    private void addToRun(AppendPart part, Extent place, long maxTimestamp) {
        if (run != null && run.partition == part.partition() && run.lastOffset + 1 == part.baseOffset()) {
            run.add(part, maxTimestamp);
            return;
        }
        endRun();
        run = new Run(part, place, maxTimestamp);
    }

    private void endRun() {
        if (run != null) {
            ExtentRows.put(rows, run.row(), context.raftIndex());
            run = null;
        }
    }

    private IllegalStateException violation(String what) {
        return new IllegalStateException("entry " + context.raftIndex() + " of term " + context.term() + ": " + what);
    }

    /** Batches of one partition, one behind the other in the frame and in offsets. */
    private static final class Run {
        private final int partition;
        private final long baseOffset;
        private final Extent first;
        private long lastOffset;
        private int length;
        private int batches;
        private int records;
        private long maxTimestamp;

        Run(AppendPart part, Extent place, long maxTimestamp) {
            partition = part.partition();
            baseOffset = part.baseOffset();
            first = place;
            add(part, maxTimestamp);
        }

        void add(AppendPart part, long runningMaxTimestamp) {
            lastOffset = part.lastOffset();
            length += part.length();
            batches++;
            records += part.recordCount();
            maxTimestamp = runningMaxTimestamp;
        }

        ExtentRow row() {
            return new ExtentRow(
                    partition,
                    baseOffset,
                    lastOffset,
                    first.file(),
                    first.position(),
                    length,
                    0,
                    batches,
                    records,
                    maxTimestamp);
        }
    }
}
