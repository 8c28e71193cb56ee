package io.millrace.replication.state;

import io.millrace.storage.Family;
import io.millrace.storage.Rows;
import java.nio.charset.StandardCharsets;

/** Rows of META that belong to the shard's state, version 1: {@code state.time} → T i64; {@code state.next-partition} → handle u32. */
public final class ShardRow {
    private static final byte[] TIME = "state.time".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NEXT_PARTITION = "state.next-partition".getBytes(StandardCharsets.US_ASCII);

    private ShardRow() {}

    /** T of the last entry; {@link Long#MIN_VALUE}: none yet. */
    public static long timeMicros(Rows rows) {
        byte[] value = rows.get(Family.META, TIME);
        return value == null
                ? Long.MIN_VALUE
                : RowBytes.open("shard time", value, 8).getLong();
    }

    static void putTimeMicros(Rows rows, long timeMicros) {
        rows.put(Family.META, TIME, RowBytes.value(8).putLong(timeMicros).array());
    }

    /** A handle that was never given before. 0 is none. */
    static int takeHandle(Rows rows) {
        byte[] value = rows.get(Family.META, NEXT_PARTITION);
        int handle =
                value == null ? 1 : RowBytes.open("partition counter", value, 4).getInt();
        if (handle == 0) {
            throw new IllegalStateException("all partition handles of the shard are used up");
        }
        rows.put(
                Family.META,
                NEXT_PARTITION,
                RowBytes.value(4).putInt(handle + 1).array());
        return handle;
    }
}
