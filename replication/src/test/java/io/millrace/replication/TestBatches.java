package io.millrace.replication;

import io.millrace.record.BatchBuilder;
import io.millrace.record.Compression;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Batches as producers send them. */
final class TestBatches {
    private TestBatches() {}

    static ByteBuffer plain(String... values) {
        return at(1000, values);
    }

    /** Records a millisecond apart. */
    static ByteBuffer at(long timestamp, String... values) {
        return builder(timestamp, values).build(Compression.NONE);
    }

    static ByteBuffer compressed(long timestamp, String... values) {
        return builder(timestamp, values).build(Compression.GZIP);
    }

    static ByteBuffer by(long producerId, int epoch, int sequence, String... values) {
        return builder(1000, values).build(Compression.NONE, producerId, (short) epoch, sequence);
    }

    static ByteBuffer ofBytes(int valueBytes) {
        BatchBuilder builder = new BatchBuilder(valueBytes + 100);
        builder.append(1000, null, new byte[valueBytes]);
        return builder.build(Compression.NONE);
    }

    private static BatchBuilder builder(long timestamp, String... values) {
        BatchBuilder builder = new BatchBuilder(256);
        long time = timestamp;
        for (String value : values) {
            builder.append(time++, null, value.getBytes(StandardCharsets.UTF_8));
        }
        return builder;
    }
}
