package io.millrace.it.load;

import io.millrace.client.ConsumerRecord;
import io.millrace.it.check.History;
import java.nio.ByteBuffer;

/** What stands in the records of the load: who sent it, and as the how-manyeth. */
final class Values {
    private static final int HEAD_BYTES = Integer.BYTES + Long.BYTES + Integer.BYTES;

    private Values() {}

    static byte[] value(int producer, long sequence, int key, int bytes) {
        return ByteBuffer.allocate(Math.max(HEAD_BYTES, bytes))
                .putInt(producer)
                .putLong(sequence)
                .putInt(key)
                .array();
    }

    static byte[] key(int producer, int key) {
        return ByteBuffer.allocate(2 * Integer.BYTES)
                .putInt(producer)
                .putInt(key)
                .array();
    }

    static History.Seen seen(ConsumerRecord record) {
        byte[] value = record.value();
        if (value == null || value.length < HEAD_BYTES) {
            throw new IllegalStateException("a record that nobody sent: " + record);
        }
        ByteBuffer head = ByteBuffer.wrap(value);
        return new History.Seen(record.partition(), record.offset(), head.getInt(), head.getLong(), head.getInt());
    }
}
