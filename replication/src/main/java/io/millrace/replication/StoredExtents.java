package io.millrace.replication;

import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.replication.ExtentReader.DamageException;
import io.millrace.replication.state.EpochRow;
import io.millrace.replication.state.Partition;
import io.millrace.replication.state.PartitionId;
import io.millrace.replication.state.PartitionRow;
import io.millrace.storage.PartitionIndex;
import io.millrace.storage.ShardLog;
import io.millrace.storage.index.ExtentRow;
import io.millrace.storage.index.ExtentRows;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Supplier;

/**
 * Whether what a replica stores is what was written: reads of all of it, and what is known to be damaged. Thread safe. Methods throw a
 * {@link io.millrace.error.FaultException}: SHARD_UNAVAILABLE, and what they say.
 */
public final class StoredExtents {
    /** Calls where the shard serves, and says why where it does not. */
    interface Serving {
        <T> T call(Supplier<T> read);
    }

    private final String resource;
    private final PartitionIndex index;
    private final ShardLog shardLog;
    private final Serving serving;
    private final DamagedExtents damaged;
    private volatile Runnable onDamage = () -> {};

    StoredExtents(int shard, PartitionIndex index, ShardLog shardLog, Serving serving) {
        this.resource = "shard/" + shard;
        this.index = index;
        this.shardLog = shardLog;
        this.serving = serving;
        this.damaged = new DamagedExtents(shard, () -> onDamage.run());
    }

    /** Told of each extent that is found to be damaged, on the thread that found it: must not block. */
    public void listen(Runnable heard) {
        onDamage = heard;
    }

    DamagedExtents known() {
        return damaged;
    }

    /** What is known to be damaged now, in the order in which it was found. */
    public List<DamagedExtent> damaged() {
        return damaged.all();
    }

    public int damagedCount() {
        return damaged.count();
    }

    public long damagedSinceStart() {
        return damaged.foundSinceStart();
    }

    public long repairedSinceStart() {
        return damaged.repairedSinceStart();
    }

    /** All partitions as their rows say. */
    public List<Partition> partitions() {
        return serving.call(() -> {
            try (PartitionIndex.View view = index.view()) {
                return PartitionRow.all(view);
            }
        });
    }

    /** Reads what is stored of a partition, from its log start up to the log end that it has in {@code upTo}. What is found damaged is known from then on. */
    public Scanned scan(Partition upTo, ScanVisitor visitor) {
        return serving.call(() -> new PartitionScan(index, shardLog, damaged, upTo, visitor).run());
    }

    /** The number of the first file that is still written to: those below are sealed. */
    public int activeFile() {
        return shardLog.end().file();
    }

    /**
     * The bytes of an extent, for another replica, which names it as it has it. Faults: UNKNOWN_PARTITION where this replica has no such extent; CORRUPT.
     *
     * @param partition handle
     */
    public ByteBuffer bytes(int partition, long baseOffset, long lastOffset, int length) {
        return serving.call(() -> {
            try (PartitionIndex.View view = index.view()) {
                ExtentRow row = ExtentRows.locate(view, partition, baseOffset);
                Partition known = PartitionRow.get(view, partition);
                if (known == null
                        || row == null
                        || row.baseOffset() != baseOffset
                        || row.lastOffset() != lastOffset
                        || row.length() != length) {
                    throw Fault.of(
                                    ErrorCode.UNKNOWN_PARTITION,
                                    resource,
                                    "no extent of partition " + partition + " with offsets " + baseOffset + " to "
                                            + lastOffset + " and " + length + " bytes")
                            .asException();
                }
                return read(view, row, known.id());
            }
        });
    }

    private ByteBuffer read(PartitionIndex.View view, ExtentRow row, PartitionId id) {
        ByteBuffer target = ByteBuffer.allocate(row.length());
        try {
            ExtentReader reader = new ExtentReader(shardLog, row, EpochRow.all(view, row.partition()));
            ExtentReader.Place place = reader.start();
            while (!reader.isEnd(place)) {
                place = reader.read(place, target);
            }
            return target.flip();
        } catch (DamageException e) {
            damaged.found(DamagedExtent.of(id, row, e.damage()));
            throw ExtentReader.fault(e.damage(), "partition/" + id).asException();
        }
    }
}
