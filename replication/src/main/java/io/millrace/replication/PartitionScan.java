package io.millrace.replication;

import io.millrace.record.BatchHeader;
import io.millrace.replication.ExtentReader.DamageException;
import io.millrace.replication.ExtentReader.Place;
import io.millrace.replication.state.EpochRow;
import io.millrace.replication.state.EpochStart;
import io.millrace.replication.state.Partition;
import io.millrace.replication.state.RollingChecksum;
import io.millrace.storage.PartitionIndex;
import io.millrace.storage.ShardLog;
import io.millrace.storage.StorageException;
import io.millrace.storage.index.ExtentRow;
import io.millrace.storage.index.ExtentRows;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the stored extents of one partition from the disk, in the order of their offsets, with every check that a consumer's read makes, and computes the {@link RollingChecksum} of what it reads.
 * Takes a few rows at a time, so that no view of the index is open for long. Used once, by one thread.
 */
final class PartitionScan {
    private static final int ROWS_AT_ONCE = 64;
    private static final long BYTES_AT_ONCE = 4 << 20;
    private static final int MAX_LOOKS = 4;

    private final PartitionIndex index;
    private final ShardLog shardLog;
    private final DamagedExtents known;
    private final Partition partition;
    private final ScanVisitor visitor;

    private ByteBuffer buffer = ByteBuffer.allocate(0);
    private long next;
    private long checksum = RollingChecksum.START;
    private long bytes;
    private int damaged;
    private boolean isSkipping;
    private boolean isStopped;

    PartitionScan(
            PartitionIndex index, ShardLog shardLog, DamagedExtents known, Partition partition, ScanVisitor visitor) {
        this.index = index;
        this.shardLog = shardLog;
        this.known = known;
        this.partition = partition;
        this.visitor = visitor;
        this.next = partition.logStart();
    }

    /** From the log start up to the log end that the partition has in what was handed in. */
    Scanned run() {
        int looks = 1;
        while (!isStopped) {
            long from = next;
            try (PartitionIndex.View view = index.view()) {
                List<ExtentRow> rows = rows(view);
                if (rows.isEmpty()) {
                    break;
                }
                List<EpochStart> epochs = EpochRow.all(view, partition.handle());
                for (ExtentRow row : rows) {
                    read(row, epochs);
                }
            } catch (StorageException e) {
                // The file went away: its rows have moved, or are gone.
                looks = next == from ? looks + 1 : 1;
                if (e.kind() != StorageException.Kind.GONE || looks > MAX_LOOKS) {
                    throw e;
                }
            }
        }
        return new Scanned(bytes, damaged, !isStopped && !isSkipping && damaged == 0, checksum);
    }

    private List<ExtentRow> rows(PartitionIndex.View view) {
        List<ExtentRow> rows = new ArrayList<>();
        long[] size = new long[1];
        ExtentRows.scan(view, partition.handle(), next, row -> {
            if (row.baseOffset() >= partition.logEnd()) {
                return false;
            }
            rows.add(row);
            size[0] += row.length();
            return rows.size() < ROWS_AT_ONCE && size[0] < BYTES_AT_ONCE;
        });
        return rows;
    }

    private void read(ExtentRow row, List<EpochStart> epochs) {
        if (isStopped) {
            return;
        }
        if (!visitor.wants(row)) {
            isSkipping = true;
        } else if (!visitor.next(row.length())) {
            isStopped = true;
            return;
        } else {
            readAll(row, epochs);
        }
        next = row.lastOffset() + 1;
    }

    private void readAll(ExtentRow row, List<EpochStart> epochs) {
        if (buffer.capacity() < row.length()) {
            buffer = ByteBuffer.allocate(row.length());
        }
        buffer.clear().limit(row.length());
        ExtentReader reader =
                new ExtentReader((offset, target) -> shardLog.readStored(row.extent(), offset, target), row, epochs);
        try {
            Place place = reader.start();
            while (!reader.isEnd(place)) {
                place = reader.read(place, buffer);
            }
            add(buffer.flip());
            known.gone(row);
        } catch (DamageException e) {
            damaged++;
            DamagedExtent extent = DamagedExtent.of(partition.id(), row, e.damage());
            known.found(extent);
            visitor.damaged(extent);
        }
        bytes += row.length();
    }

    private void add(ByteBuffer batches) {
        int at = 0;
        while (at < batches.limit()) {
            BatchHeader header = BatchHeader.read(batches, at);
            checksum = RollingChecksum.after(checksum, header);
            at += header.sizeInBytes();
        }
    }
}
