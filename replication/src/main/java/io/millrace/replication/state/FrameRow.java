package io.millrace.replication.state;

import io.millrace.storage.Extent;
import io.millrace.storage.Family;
import io.millrace.storage.Rows;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Rows of FRAMES, version 1: raft index u64 → term u64, file u32, position u32, length u32: where the payload of an applied entry stands,
 * for a replica that missed it. They are kept as long as the entry is in this replica's Raft log.
 */
public final class FrameRow {
    private static final int VALUE_BYTES = 8 + 4 + 4 + 4;

    /** Rows that one entry drops at most: twice what it adds is enough to catch up. */
    private static final int DROPPED_AT_ONCE = 64;

    private FrameRow() {}

    private static byte[] key(long raftIndex) {
        return ByteBuffer.allocate(8).putLong(raftIndex).array();
    }

    public static void put(Rows rows, long term, long raftIndex, Extent payload) {
        rows.put(
                Family.FRAMES,
                key(raftIndex),
                RowBytes.bytes(RowBytes.value(VALUE_BYTES)
                        .putLong(term)
                        .putInt(payload.file())
                        .putInt(payload.position())
                        .putInt(payload.length())));
    }

    /** Null: the entry has no payload, is of another term, or is not kept any more. */
    public static @Nullable Extent find(Rows rows, long term, long raftIndex) {
        byte[] value = rows.get(Family.FRAMES, key(raftIndex));
        if (value == null) {
            return null;
        }
        ByteBuffer in = RowBytes.open("frame", value, VALUE_BYTES);
        return in.getLong() == term ? new Extent(in.getInt(), in.getInt(), in.getInt()) : null;
    }

    /**
     * Drops some rows of entries from {@code from} on that lie below {@code floor}.
     *
     * @return where to go on
     */
    public static long drop(Rows rows, long from, long floor) {
        if (from >= floor) {
            return from;
        }
        long[] next = {floor};
        byte[][] dropped = new byte[DROPPED_AT_ONCE][];
        int[] count = {0};
        rows.scan(Family.FRAMES, key(from), key(floor), (key, value) -> {
            if (count[0] == DROPPED_AT_ONCE) {
                next[0] = ByteBuffer.wrap(key).getLong();
                return false;
            }
            dropped[count[0]++] = key;
            return true;
        });
        for (int i = 0; i < count[0]; i++) {
            rows.delete(Family.FRAMES, dropped[i]);
        }
        return next[0];
    }
}
