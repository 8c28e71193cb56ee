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
import io.millrace.storage.clean.Refill;
import io.millrace.storage.clean.RowChanges;
import io.millrace.storage.index.ExtentRow;
import io.millrace.storage.index.ExtentRows;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
    private final Refill refill;
    private volatile Repairer repairer = Repairer.NONE;

    StoredExtents(int shard, PartitionIndex index, ShardLog shardLog, RowChanges changes, Serving serving) {
        this.resource = "shard/" + shard;
        this.index = index;
        this.shardLog = shardLog;
        this.serving = serving;
        this.refill = new Refill(shardLog, index, changes);
        this.damaged = new DamagedExtents(shard, () -> repairer.found());
    }

    /** Who repairs what is damaged. */
    public interface Repairer {
        Repairer NONE = new Repairer() {
            @Override
            public void found() {}

            @Override
            public boolean repair(DamagedExtent extent) {
                return false;
            }
        };

        /** An extent was found to be damaged; on the thread that found it: must not block. */
        void found();

        /** A read waits for this one; blocks for a short while. Whether it is repaired: the read is then done again. */
        boolean repair(DamagedExtent extent);
    }

    /** From now on. */
    public void repairWith(Repairer one) {
        repairer = one;
    }

    /** A read has met damage at an offset of a partition: whether it is repaired by now. */
    boolean isRepaired(PartitionId partition, long offset) {
        DamagedExtent extent = damaged.at(partition, offset);
        // Others may have repaired it meanwhile.
        return extent == null || repairer.repair(extent) || damaged.at(partition, offset) == null;
    }

    DamagedExtents known() {
        return damaged;
    }

    /** What is known to be damaged now, in the order in which it was found. */
    public List<DamagedExtent> damaged() {
        return damaged.all();
    }

    /** As {@link #damaged}, less those whose rows have changed since: dropped, or moved. Such are forgotten. */
    public List<DamagedExtent> damagedStill() {
        List<DamagedExtent> known = damaged.all();
        return serving.call(() -> {
            List<DamagedExtent> still = new ArrayList<>();
            try (PartitionIndex.View view = index.view()) {
                for (DamagedExtent each : known) {
                    ExtentRow row = each.row();
                    if (row.equals(ExtentRows.locate(view, row.partition(), row.baseOffset()))) {
                        still.add(each);
                    } else {
                        damaged.gone(row);
                    }
                }
            }
            return still;
        });
    }

    /** Whether these are all bytes of an extent, with every check that a read makes. */
    public boolean fits(DamagedExtent extent, ByteBuffer bytes) {
        ExtentRow row = extent.row();
        if (bytes.remaining() != row.length() || row.factsLength() != 0) {
            return false;
        }
        return serving.call(() -> {
            try (PartitionIndex.View view = index.view()) {
                ExtentReader reader = new ExtentReader(
                        (offset, target) -> target.put(bytes.slice(bytes.position() + offset, target.remaining())),
                        row,
                        EpochRow.all(view, row.partition()));
                whole(reader, row);
                return true;
            } catch (DamageException e) {
                return false;
            }
        });
    }

    /**
     * Puts sound bytes in the place of damaged ones.
     *
     * @param fetched such that {@link #fits fit}
     * @return how many extents were repaired; others have changed meanwhile
     */
    public int refill(Map<DamagedExtent, ByteBuffer> fetched) {
        return serving.call(() -> {
            List<Refill.Part> parts = new ArrayList<>();
            fetched.forEach((extent, bytes) -> parts.add(new Refill.Part(extent.row(), bytes)));
            List<ExtentRow> moved = refill.write(parts);
            moved.forEach(damaged::repaired);
            return moved.size();
        });
    }

    /** Those that were repaired last, the newest at the end. */
    public List<DamagedExtent> repairedLast() {
        return damaged.repairedLast();
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
        try {
            return whole(new ExtentReader(shardLog, row, EpochRow.all(view, row.partition())), row);
        } catch (DamageException e) {
            damaged.found(DamagedExtent.of(id, row, e.damage()));
            throw ExtentReader.fault(e.damage(), "partition/" + id).asException();
        }
    }

    private static ByteBuffer whole(ExtentReader reader, ExtentRow row) throws DamageException {
        ByteBuffer target = ByteBuffer.allocate(row.length());
        ExtentReader.Place place = reader.start();
        while (!reader.isEnd(place)) {
            place = reader.read(place, target);
        }
        return target.flip();
    }
}
