package io.millrace.replication.state;

import io.millrace.storage.Family;
import io.millrace.storage.Rows;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Rows of POSITIONS, version 1: {@code 'P' partition u32, group 16 B} → offset i64, owner epoch i64, has owner u8, owner 16 B, leader epoch
 * i32, changed at i64, origin u8, metadata (length u16, UTF-8), count of pending ones by producer id u16: 0, reserved; and for the way from
 * group to partitions {@code 'G' group 16 B, partition u32} → nothing but the version.
 */
public final class PositionRow {
    private static final byte BY_PARTITION = 'P';
    private static final byte BY_GROUP = 'G';
    private static final int FIXED = 8 + 8 + 1 + 16 + 4 + 8 + 1;
    private static final UUID NOBODY = new UUID(0, 0);

    private PositionRow() {}

    public static @Nullable Position get(Rows rows, int partition, UUID group) {
        byte[] value = rows.get(Family.POSITIONS, key(partition, group));
        return value == null ? null : decode(value);
    }

    /** Writes the row; the way from the group is written once, by {@link #create}. */
    static void put(Rows rows, int partition, UUID group, Position position) {
        rows.put(Family.POSITIONS, key(partition, group), encode(position));
    }

    static void create(Rows rows, int partition, UUID group, Position position) {
        put(rows, partition, group, position);
        rows.put(
                Family.POSITIONS, lookupKey(group, partition), RowBytes.value(0).array());
    }

    static void deleteAllOf(Rows rows, int partition) {
        byte[] prefix =
                ByteBuffer.allocate(5).put(BY_PARTITION).putInt(partition).array();
        List<UUID> groups = new ArrayList<>();
        rows.scan(Family.POSITIONS, prefix, RowBytes.after(prefix), (key, value) -> {
            ByteBuffer in = ByteBuffer.wrap(key);
            return groups.add(RowBytes.uuid(in.position(5)));
        });
        groups.forEach(group -> delete(rows, partition, group));
    }

    /** How many there were. */
    static int deleteAllOf(Rows rows, UUID group) {
        byte[] prefix =
                RowBytes.put(ByteBuffer.allocate(17).put(BY_GROUP), group).array();
        List<Integer> partitions = new ArrayList<>();
        rows.scan(
                Family.POSITIONS,
                prefix,
                RowBytes.after(prefix),
                (key, value) -> partitions.add(ByteBuffer.wrap(key).getInt(17)));
        partitions.forEach(partition -> delete(rows, partition, group));
        return partitions.size();
    }

    private static void delete(Rows rows, int partition, UUID group) {
        rows.delete(Family.POSITIONS, key(partition, group));
        rows.delete(Family.POSITIONS, lookupKey(group, partition));
    }

    static byte[] encode(Position position) {
        byte[] metadata = RowBytes.utf8(position.metadata());
        UUID owner = position.owner();
        ByteBuffer out = RowBytes.value(FIXED + 2 + metadata.length + 2)
                .putLong(position.offset())
                .putLong(position.ownerEpoch())
                .put((byte) (owner == null ? 0 : 1));
        RowBytes.put(out, owner == null ? NOBODY : owner);
        return RowBytes.bytes(out.putInt(position.leaderEpoch())
                .putLong(position.changedAtMicros())
                .put((byte) position.origin().number())
                .putShort((short) metadata.length)
                .put(metadata)
                .putShort((short) 0));
    }

    static Position decode(byte[] value) {
        ByteBuffer in = RowBytes.open("positions", value);
        if (in.remaining() < FIXED) {
            throw RowBytes.corrupt("positions");
        }
        long offset = in.getLong();
        long ownerEpoch = in.getLong();
        boolean owned = in.get() != 0;
        UUID owner = RowBytes.uuid(in);
        int leaderEpoch = in.getInt();
        long changedAtMicros = in.getLong();
        Position.Origin origin = origin(in.get());
        String metadata = RowBytes.text(in, "positions");
        if (in.remaining() != 2 || in.getShort() != 0) {
            throw RowBytes.corrupt("positions");
        }
        return new Position(offset, ownerEpoch, owned ? owner : null, leaderEpoch, metadata, changedAtMicros, origin);
    }

    private static Position.Origin origin(int number) {
        for (Position.Origin origin : Position.Origin.values()) {
            if (origin.number() == number) {
                return origin;
            }
        }
        throw RowBytes.corrupt("positions");
    }

    static byte[] key(int partition, UUID group) {
        return RowBytes.put(ByteBuffer.allocate(21).put(BY_PARTITION).putInt(partition), group)
                .array();
    }

    private static byte[] lookupKey(UUID group, int partition) {
        return RowBytes.put(ByteBuffer.allocate(21).put(BY_GROUP), group)
                .putInt(partition)
                .array();
    }
}
