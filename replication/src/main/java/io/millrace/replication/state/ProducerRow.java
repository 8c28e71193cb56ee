package io.millrace.replication.state;

import io.millrace.storage.Family;
import io.millrace.storage.Rows;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Rows of PRODUCERS, version 1: {@code partition u32, producer id i64} → epoch i16, coordinator epoch i32, first offset of the open
 * transaction i64 (-1: none), count u8, and for each of the last batches first sequence i32, last sequence i32, base offset i64, time i64.
 */
public final class ProducerRow {
    private static final int FIXED = 2 + 4 + 8 + 1;
    private static final int BATCH = 4 + 4 + 8 + 8;

    private ProducerRow() {}

    public static @Nullable Producer get(Rows rows, int partition, long producerId) {
        byte[] value = rows.get(Family.PRODUCERS, key(partition, producerId));
        return value == null ? null : decode(value);
    }

    static void put(Rows rows, int partition, long producerId, Producer producer) {
        rows.put(Family.PRODUCERS, key(partition, producerId), encode(producer));
    }

    static void deleteAll(Rows rows, int partition) {
        List<byte[]> keys = new ArrayList<>();
        rows.scan(Family.PRODUCERS, key(partition, 0), key(partition, -1), (key, value) -> keys.add(key));
        keys.forEach(key -> rows.delete(Family.PRODUCERS, key));
    }

    /** Visits all producers of the shard, by partition and id, until the visitor returns false. */
    static void scan(Rows rows, BiPredicate<byte[], Producer> visitor) {
        byte[] aboveAll = {-1, -1, -1, -1, -1};
        rows.scan(Family.PRODUCERS, new byte[0], aboveAll, (key, value) -> visitor.test(key, decode(value)));
    }

    static byte[] encode(Producer producer) {
        ByteBuffer out = RowBytes.value(FIXED + BATCH * producer.batches().size())
                .putShort(producer.epoch())
                .putInt(producer.coordinatorEpoch())
                .putLong(producer.openFrom())
                .put((byte) producer.batches().size());
        for (Producer.Batch batch : producer.batches()) {
            out.putInt(batch.firstSequence())
                    .putInt(batch.lastSequence())
                    .putLong(batch.baseOffset())
                    .putLong(batch.timeMicros());
        }
        return RowBytes.bytes(out);
    }

    static Producer decode(byte[] value) {
        ByteBuffer in = RowBytes.open("producers", value);
        if (in.remaining() < FIXED) {
            throw RowBytes.corrupt("producers");
        }
        short epoch = in.getShort();
        int coordinatorEpoch = in.getInt();
        long openFrom = in.getLong();
        int count = in.get();
        if (count < 0 || count > Producer.BATCHES_KEPT || in.remaining() != count * BATCH) {
            throw RowBytes.corrupt("producers");
        }
        List<Producer.Batch> batches = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            batches.add(new Producer.Batch(in.getInt(), in.getInt(), in.getLong(), in.getLong()));
        }
        return new Producer(epoch, coordinatorEpoch, openFrom, batches);
    }

    /** Producer ids are not negative, so as unsigned bytes they sort as numbers. */
    static byte[] key(int partition, long producerId) {
        return ByteBuffer.allocate(12).putInt(partition).putLong(producerId).array();
    }
}
