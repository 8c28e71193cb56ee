package io.millrace.record;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Records of every shape, and the comparison of two lists of them. */
final class RandomRecords {
    private RandomRecords() {}

    /** Records with offsets from 0 on. */
    static List<LogRecord> list(SplittableRandom random, int count) {
        List<LogRecord> records = new ArrayList<>();
        long base = random.nextInt(4) == 0 ? random.nextLong(1L << 61) : 1_700_000_000_000L;
        for (int offset = 0; offset < count; offset++) {
            long timestamp = switch (random.nextInt(4)) {
                case 0 -> base;
                case 1 -> base + random.nextInt(10_000);
                case 2 -> Math.max(0, base - random.nextLong(1L << random.nextInt(1, 60)));
                default -> base + random.nextLong(1L << random.nextInt(1, 60));
            };
            records.add(new LogRecord(offset, timestamp, bytes(random), bytes(random), headers(random)));
        }
        return records;
    }

    /** Small records with offsets from 0 on, for tests that look at each byte. */
    static List<LogRecord> small(SplittableRandom random, int count) {
        List<LogRecord> records = new ArrayList<>();
        for (int offset = 0; offset < count; offset++) {
            byte[] value = new byte[random.nextInt(60)];
            byte[] key = "key-".concat(Integer.toString(random.nextInt(100))).getBytes(StandardCharsets.UTF_8);
            List<RecordHeader> headers = random.nextBoolean() ? List.of() : List.of(new RecordHeader("h", key));
            records.add(new LogRecord(offset, 1_700_000_000_000L + random.nextInt(100), key, value, headers));
        }
        return records;
    }

    private static byte @Nullable [] bytes(SplittableRandom random) {
        int kind = random.nextInt(8);
        if (kind == 0) {
            return null;
        }
        byte[] bytes = new byte[kind == 1 ? 0 : random.nextInt(1 << random.nextInt(1, kind == 2 ? 18 : 11))];
        if (random.nextBoolean()) {
            random.nextBytes(bytes);
        }
        return bytes;
    }

    private static List<RecordHeader> headers(SplittableRandom random) {
        List<RecordHeader> headers = new ArrayList<>();
        int count = random.nextInt(3) == 0 ? random.nextInt(1 << random.nextInt(1, 8)) : 0;
        for (int i = 0; i < count; i++) {
            int[] codePoints = random.ints(random.nextInt(12), 0, 0x11000).toArray();
            String key = new String(codePoints, 0, codePoints.length).replaceAll("\\p{Cs}", "x");
            headers.add(new RecordHeader(key, bytes(random)));
        }
        return headers;
    }

    static BatchBuilder builder(List<LogRecord> records) {
        BatchBuilder builder = new BatchBuilder(0);
        for (LogRecord record : records) {
            int before = builder.estimatedSize();
            builder.append(record.timestamp(), record.key(), record.value(), record.headers());
            assertThat((long) builder.estimatedSize() - before)
                    .isLessThanOrEqualTo(BatchBuilder.maxRecordBytes(
                            record.key() == null ? -1 : record.key().length,
                            record.value() == null ? -1 : record.value().length,
                            record.headers()));
        }
        return builder;
    }

    /** All bytes of a batch that begins at position 0. */
    static byte[] copy(ByteBuffer batch) {
        byte[] bytes = new byte[batch.limit()];
        batch.get(0, bytes);
        return bytes;
    }

    /** The same bytes as a heap buffer, within a larger array, direct, read-only, and of the other byte order. */
    static List<ByteBuffer> forms(ByteBuffer batch) {
        int size = batch.remaining();
        ByteBuffer shifted = ByteBuffer.allocate(size + 30);
        shifted.put(3, batch, batch.position(), size).position(3).limit(3 + size);
        ByteBuffer sliced = shifted.slice();
        ByteBuffer direct = ByteBuffer.allocateDirect(size + 5);
        direct.put(5, batch, batch.position(), size).position(5);
        return List.of(
                batch,
                shifted,
                sliced,
                direct,
                batch.asReadOnlyBuffer(),
                shifted.duplicate().order(ByteOrder.LITTLE_ENDIAN));
    }

    static void assertSame(List<LogRecord> actual, List<LogRecord> expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < actual.size(); i++) {
            LogRecord record = actual.get(i);
            LogRecord wanted = expected.get(i);
            assertThat(record.offset()).isEqualTo(wanted.offset());
            assertThat(record.timestamp()).isEqualTo(wanted.timestamp());
            assertBytes(record.key(), wanted.key());
            assertBytes(record.value(), wanted.value());
            assertThat(record.headers()).hasSameSizeAs(wanted.headers());
            for (int h = 0; h < record.headers().size(); h++) {
                assertThat(record.headers().get(h).key())
                        .isEqualTo(wanted.headers().get(h).key());
                assertBytes(
                        record.headers().get(h).value(), wanted.headers().get(h).value());
            }
        }
    }

    /** By the JDK: an assertion on arrays would walk over each byte by reflection. */
    private static void assertBytes(byte @Nullable [] actual, byte @Nullable [] wanted) {
        if (!Arrays.equals(actual, wanted)) {
            assertThat(actual).isEqualTo(wanted);
        }
    }
}
