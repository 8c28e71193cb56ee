package io.millrace.replication.state;

import io.millrace.storage.Family;
import io.millrace.storage.Rows;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Rows of PARTITIONS, version 2: {@code 'P' handle u32} → topic 16 B, number i32, epoch base i32, first offset, log start, log end, last
 * stable offset, records, bytes i64, leader epoch i32, maximum timestamp, checksum, checksum from i64; version 1 has no checksum, and begins one at its log end
 * when it is written again. For the way from id to handle, version 1: {@code 'I' topic 16 B, number i32} → handle u32.
 */
public final class PartitionRow {
    private static final byte BY_HANDLE = 'P';
    private static final byte BY_ID = 'I';
    private static final byte VERSION = 2;
    private static final int SIZE_1 = 16 + 4 + 4 + 6 * 8 + 4 + 8;
    private static final int SIZE = SIZE_1 + 2 * 8;

    private PartitionRow() {}

    public static @Nullable Partition get(Rows rows, int handle) {
        byte[] value = rows.get(Family.PARTITIONS, key(handle));
        return value == null ? null : decode(handle, value);
    }

    public static @Nullable Partition find(Rows rows, PartitionId id) {
        byte[] value = rows.get(Family.PARTITIONS, lookupKey(id));
        return value == null ? null : get(rows, handle(value));
    }

    /** All partitions, by handle. */
    public static List<Partition> all(Rows rows) {
        List<Partition> all = new ArrayList<>();
        rows.scan(Family.PARTITIONS, new byte[] {BY_HANDLE}, new byte[] {BY_HANDLE + 1}, (key, value) -> {
            if (key.length != 5) {
                throw RowBytes.corrupt("partitions");
            }
            return all.add(decode(ByteBuffer.wrap(key, 1, 4).getInt(), value));
        });
        return all;
    }

    static List<Partition> ofTopic(Rows rows, UUID topic) {
        byte[] prefix = RowBytes.put(ByteBuffer.allocate(17).put(BY_ID), topic).array();
        List<Integer> handles = new ArrayList<>();
        rows.scan(Family.PARTITIONS, prefix, RowBytes.after(prefix), (key, value) -> handles.add(handle(value)));
        List<Partition> partitions = new ArrayList<>();
        for (int handle : handles) {
            Partition partition = get(rows, handle);
            if (partition == null) {
                throw RowBytes.corrupt("partitions");
            }
            partitions.add(partition);
        }
        return partitions;
    }

    /** Writes the row; the lookup row is written once, by {@link #create}. */
    static void put(Rows rows, Partition partition) {
        rows.put(Family.PARTITIONS, key(partition.handle()), encode(partition));
    }

    static void create(Rows rows, Partition partition) {
        put(rows, partition);
        byte[] handle = RowBytes.value(4).putInt(partition.handle()).array();
        rows.put(Family.PARTITIONS, lookupKey(partition.id()), handle);
    }

    static void delete(Rows rows, Partition partition) {
        rows.delete(Family.PARTITIONS, lookupKey(partition.id()));
        rows.delete(Family.PARTITIONS, key(partition.handle()));
    }

    static byte[] encode(Partition partition) {
        ByteBuffer out = RowBytes.value(VERSION, SIZE);
        RowBytes.put(out, partition.id().topic());
        return RowBytes.bytes(out.putInt(partition.id().number())
                .putInt(partition.epochBase())
                .putLong(partition.firstOffset())
                .putLong(partition.logStart())
                .putLong(partition.logEnd())
                .putLong(partition.lastStableOffset())
                .putLong(partition.records())
                .putLong(partition.bytes())
                .putInt(partition.leaderEpoch())
                .putLong(partition.maxTimestamp())
                .putLong(partition.checksum())
                .putLong(partition.checksumFrom()));
    }

    static Partition decode(int handle, byte[] value) {
        ByteBuffer in = RowBytes.openUpTo(VERSION, "partitions", value);
        boolean hasChecksum = value[0] == VERSION;
        if (in.remaining() != (hasChecksum ? SIZE : SIZE_1)) {
            throw RowBytes.corrupt("partitions");
        }
        UUID topic = RowBytes.uuid(in);
        int number = in.getInt();
        if (number < 0) {
            throw RowBytes.corrupt("partitions");
        }
        int epochBase = in.getInt();
        long firstOffset = in.getLong();
        long logStart = in.getLong();
        long logEnd = in.getLong();
        return new Partition(
                new PartitionId(topic, number),
                handle,
                epochBase,
                firstOffset,
                logStart,
                logEnd,
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getInt(),
                in.getLong(),
                hasChecksum ? in.getLong() : RollingChecksum.START,
                hasChecksum ? in.getLong() : logEnd);
    }

    static byte[] key(int handle) {
        return ByteBuffer.allocate(5).put(BY_HANDLE).putInt(handle).array();
    }

    private static byte[] lookupKey(PartitionId id) {
        ByteBuffer out = ByteBuffer.allocate(21).put(BY_ID);
        return RowBytes.put(out, id.topic()).putInt(id.number()).array();
    }

    private static int handle(byte[] value) {
        return RowBytes.open("partitions", value, 4).getInt();
    }
}
