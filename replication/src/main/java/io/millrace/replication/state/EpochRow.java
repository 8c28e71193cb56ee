package io.millrace.replication.state;

import io.millrace.storage.Family;
import io.millrace.storage.Rows;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Rows of EPOCHS, version 1: {@code partition u32, leader epoch i32} → first offset i64. A partition's epochs and offsets rise together. */
public final class EpochRow {
    private EpochRow() {}

    /** The leader epochs of a partition, rising. */
    public static List<EpochStart> all(Rows rows, int partition) {
        List<EpochStart> all = new ArrayList<>();
        byte[] prefix = ByteBuffer.allocate(4).putInt(partition).array();
        rows.scan(Family.EPOCHS, prefix, end(partition), (key, value) -> all.add(decode(key, value)));
        return all;
    }

    static void put(Rows rows, int partition, EpochStart start) {
        byte[] value = RowBytes.value(8).putLong(start.firstOffset()).array();
        rows.put(Family.EPOCHS, key(partition, start.leaderEpoch()), value);
    }

    static void deleteAll(Rows rows, int partition) {
        for (EpochStart start : all(rows, partition)) {
            rows.delete(Family.EPOCHS, key(partition, start.leaderEpoch()));
        }
    }

    static EpochStart decode(byte[] key, byte[] value) {
        if (key.length != 8) {
            throw RowBytes.corrupt("epochs");
        }
        long firstOffset = RowBytes.open("epochs", value, 8).getLong();
        return new EpochStart(ByteBuffer.wrap(key).getInt(4), firstOffset);
    }

    /** Leader epochs are not negative, so as unsigned bytes they sort as numbers. */
    static byte[] key(int partition, int leaderEpoch) {
        return ByteBuffer.allocate(8).putInt(partition).putInt(leaderEpoch).array();
    }

    private static byte[] end(int partition) {
        return key(partition, -1);
    }

    /** The epoch under which an offset was written; -1: before all. */
    public static int epochAt(List<EpochStart> epochs, long offset) {
        int found = -1;
        for (EpochStart start : epochs) {
            if (start.firstOffset() > offset) {
                break;
            }
            found = start.leaderEpoch();
        }
        return found;
    }
}
