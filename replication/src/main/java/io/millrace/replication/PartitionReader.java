package io.millrace.replication;

import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.record.BatchHeader;
import io.millrace.record.BatchReader;
import io.millrace.record.DecodeLimits;
import io.millrace.record.InvalidBatchException;
import io.millrace.replication.ExtentReader.DamageException;
import io.millrace.replication.ExtentReader.Place;
import io.millrace.replication.state.EpochRow;
import io.millrace.replication.state.EpochStart;
import io.millrace.replication.state.Partition;
import io.millrace.replication.state.PartitionId;
import io.millrace.replication.state.PartitionRow;
import io.millrace.storage.PartitionIndex;
import io.millrace.storage.Rows;
import io.millrace.storage.ShardLog;
import io.millrace.storage.StorageException;
import io.millrace.storage.index.ExtentRow;
import io.millrace.storage.index.ExtentRows;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads partitions: extents from a view of the index, bytes from the shard log, each batch verified. Any thread; what is read is what was
 * applied when the read began.
 */
final class PartitionReader {
    /** An answer is not larger, whatever is asked for; a single batch may be. */
    static final int MAX_READ_BYTES = 64 << 20;

    private static final int MAX_LOOKS = 4;

    private final PartitionIndex index;
    private final ShardLog shardLog;
    private final DamagedExtents damaged;
    private final ReadCursors cursors = new ReadCursors();

    PartitionReader(PartitionIndex index, ShardLog shardLog, DamagedExtents damaged) {
        this.index = index;
        this.shardLog = shardLog;
        this.damaged = damaged;
    }

    ReadBatches read(PartitionId id, long offset, int maxBytes) {
        return withPartition(id, snapshot -> snapshot.read(offset, Math.min(Math.max(0, maxBytes), MAX_READ_BYTES)));
    }

    OffsetAtTime offsetAtTime(PartitionId id, long timestampMillis) {
        return withPartition(id, snapshot -> snapshot.atTime(timestampMillis));
    }

    /**
     * A file that went away between the look at the index and the read makes another look; its rows have moved or gone. A file is deleted only
     * after its rows were moved and the index flushed, so that a second look is enough but where the reader stood still for that long.
     */
    private <T> T withPartition(PartitionId id, Function<Snapshot, T> read) {
        String resource = "partition/" + id;
        for (int looks = 1; ; looks++) {
            try {
                return once(id, resource, read);
            } catch (StorageException e) {
                if (e.kind() != StorageException.Kind.GONE || looks == MAX_LOOKS) {
                    throw e;
                }
            }
        }
    }

    private <T> T once(PartitionId id, String resource, Function<Snapshot, T> read) {
        try (PartitionIndex.View view = index.view()) {
            Partition partition = PartitionRow.find(view, id);
            if (partition == null) {
                throw Shard.unknownPartition(id).asException();
            }
            return read.apply(new Snapshot(view, partition, resource));
        }
    }

    /** One partition in one view. */
    private final class Snapshot {
        private final Rows rows;
        private final Partition partition;
        private final String resource;
        private final List<EpochStart> epochs;

        Snapshot(Rows rows, Partition partition, String resource) {
            this.rows = rows;
            this.partition = partition;
            this.resource = resource;
            this.epochs = EpochRow.all(rows, partition.handle());
        }

        ReadBatches read(long offset, int maxBytes) {
            if (offset < partition.logStart() || offset > partition.logEnd()) {
                throw outOfRange(offset).asException();
            }
            List<ExtentRow> extents = extents(offset, maxBytes);
            if (extents.isEmpty()) {
                return new ReadBatches(ByteBuffer.allocate(0), partition.logEnd(), PartitionTable.status(partition));
            }
            ExtentReader first = new ExtentReader(shardLog, extents.get(0), epochs);
            try {
                try {
                    return read(extents, first, place(first, extents.get(0), offset), offset, maxBytes);
                } catch (DamageException e) {
                    if (e.damage().to() > offset) {
                        throw e;
                    }
                    // A damaged header led the way to the wrong batch: what is wanted lies behind it.
                    return read(extents, first, first.findVerified(offset), offset, maxBytes);
                }
            } catch (DamageException e) {
                throw damaged(e.damage()).asException();
            }
        }

        /** Takes note of it. */
        private Fault damaged(ExtentReader.Damage damage) {
            ExtentRow row = ExtentRows.locate(rows, partition.handle(), damage.from());
            if (row != null) {
                damaged.found(DamagedExtent.of(partition.id(), row, damage));
            }
            return ExtentReader.fault(damage, resource);
        }

        private ReadBatches read(List<ExtentRow> extents, ExtentReader first, Place from, long offset, int maxBytes)
                throws DamageException {
            long available = -from.position();
            for (ExtentRow row : extents) {
                available += row.length();
            }
            int size = (int) Math.min(available, Math.max(maxBytes, first.sizeAt(from)));
            ByteBuffer target = ByteBuffer.allocate(size);
            long next = offset;
            ExtentReader reader = first;
            Place begin = from;
            for (int i = 0; i < extents.size(); i++) {
                if (i > 0) {
                    reader = new ExtentReader(shardLog, extents.get(i), epochs);
                    begin = reader.start();
                }
                Place end;
                try {
                    end = reader.read(begin, target);
                } catch (DamageException e) {
                    if (target.position() == 0) {
                        throw e;
                    }
                    break;
                }
                if (end.position() > begin.position()) {
                    next = end.offset();
                }
                if (!reader.isEnd(end)) {
                    cursors.remember(partition.handle(), extents.get(i).baseOffset(), end);
                    break;
                }
            }
            // What is behind the last extent is a hole, up to the end that the partition had.
            return new ReadBatches(target.flip(), next, PartitionTable.status(partition));
        }

        private Place place(ExtentReader reader, ExtentRow row, long offset) throws DamageException {
            Place start = cursors.startFor(partition.handle(), row.baseOffset(), offset);
            return reader.find(start == null ? reader.start() : start, Math.max(offset, row.baseOffset()));
        }

        /** Enough of them, from the one that holds the offset on. */
        private List<ExtentRow> extents(long offset, int maxBytes) {
            List<ExtentRow> extents = new ArrayList<>();
            long[] bytes = new long[1];
            ExtentRows.scan(rows, partition.handle(), offset, row -> {
                if (row.baseOffset() >= partition.logEnd()) {
                    return false;
                }
                bytes[0] += extents.isEmpty() ? 0 : row.length();
                extents.add(row);
                return bytes[0] < maxBytes;
            });
            return extents;
        }

        OffsetAtTime atTime(long timestamp) {
            ExtentRow row =
                    ExtentRows.atTime(rows, partition.handle(), partition.logStart(), partition.logEnd(), timestamp);
            while (row != null) {
                OffsetAtTime found = find(row, timestamp);
                if (found != null) {
                    return found;
                }
                row = row.lastOffset() + 1 >= partition.logEnd()
                        ? null
                        : ExtentRows.locate(rows, partition.handle(), row.lastOffset() + 1);
            }
            return new OffsetAtTime(partition.logEnd(), -1, -1);
        }

        private @Nullable OffsetAtTime find(ExtentRow row, long timestamp) {
            ExtentReader reader = new ExtentReader(shardLog, row, epochs);
            try {
                Place place = reader.find(reader.start(), Math.max(row.baseOffset(), partition.logStart()));
                while (!reader.isEnd(place)) {
                    ByteBuffer batch = ByteBuffer.allocate(reader.sizeAt(place));
                    Place after = reader.read(place, batch);
                    OffsetAtTime found = find(batch.flip(), timestamp);
                    if (found != null) {
                        return found;
                    }
                    place = after;
                }
                return null;
            } catch (DamageException e) {
                throw damaged(e.damage()).asException();
            }
        }

        private @Nullable OffsetAtTime find(ByteBuffer batch, long timestamp) {
            BatchHeader header = BatchHeader.read(batch, 0);
            if (header.maxTimestamp() < timestamp) {
                return null;
            }
            try {
                BatchReader records = new BatchReader(DecodeLimits.DEFAULT);
                records.open(batch, 0);
                while (records.next()) {
                    if (records.timestamp() >= timestamp && records.offset() >= partition.logStart()) {
                        return new OffsetAtTime(records.offset(), records.timestamp(), header.partitionLeaderEpoch());
                    }
                }
                return null;
            } catch (InvalidBatchException e) {
                throw Fault.of(
                                ErrorCode.CORRUPT,
                                resource,
                                "the records of a batch cannot be decoded: " + e.getMessage(),
                                new Fault.CorruptRange(header.baseOffset(), header.lastOffset() + 1))
                        .asException();
            }
        }

        private Fault outOfRange(long offset) {
            long lostFrom = Math.min(offset, partition.logStart());
            return Fault.of(
                    ErrorCode.OFFSET_OUT_OF_RANGE,
                    resource,
                    "offset " + offset + " is not within " + partition.logStart() + " to " + partition.logEnd(),
                    new Fault.OffsetRange(
                            partition.logStart(), partition.logEnd(), Math.max(0, lostFrom), partition.logStart()));
        }
    }
}
