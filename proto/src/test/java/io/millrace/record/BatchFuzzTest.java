package io.millrace.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.millrace.testing.Seeds;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Bytes from anywhere give records or an {@link InvalidBatchException}: no other throwable, no hang, and no memory beyond
 * the limits.
 */
class BatchFuzzTest {
    private static final DecodeLimits LIMITS = new DecodeLimits(100_000, 4 << 20, 1000);
    private static final int[] NASTY = {0, -1, 1, 0x7F, Integer.MAX_VALUE, Integer.MIN_VALUE, 1 << 24, -61, 49};

    private int readable;
    private int refused;

    @Seeds(50)
    void survivesRandomBytes(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 200; i++) {
            byte[] bytes = new byte[random.nextInt(300)];
            random.nextBytes(bytes);
            read(bytes);
            if (bytes.length >= BatchHeader.SIZE) {
                // Through the header, so that the records are what is random.
                ByteBuffer buffer = ByteBuffer.wrap(bytes);
                buffer.putLong(BatchLayout.BASE_OFFSET, 5).putInt(BatchLayout.LENGTH, bytes.length - 12);
                buffer.put(BatchLayout.MAGIC, (byte) 2);
                buffer.putShort(BatchLayout.ATTRIBUTES, (short) random.nextInt(5));
                buffer.putInt(BatchLayout.LAST_OFFSET_DELTA, random.nextInt(100));
                buffer.putInt(BatchLayout.RECORD_COUNT, random.nextInt(20));
                fixCrc(bytes);
                read(bytes);
            }
        }
    }

    @Seeds(60)
    void survivesDamagedBatches(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[][] batches = new byte[Compression.values().length][];
        for (Compression compression : Compression.values()) {
            batches[compression.id()] = batch(random, compression);
        }
        for (byte[] batch : batches) {
            read(batch);
            assertThat(readable).as("an undamaged batch is read").isPositive();
            for (int i = 0; i < 40; i++) {
                byte[] damaged = damage(random, batch, batches[random.nextInt(batches.length)]);
                read(damaged);
                if (damaged.length >= BatchHeader.SIZE) {
                    if (random.nextBoolean()) {
                        ByteBuffer.wrap(damaged).putInt(BatchLayout.LENGTH, damaged.length - 12);
                    }
                    fixCrc(damaged);
                    read(damaged);
                }
            }
        }
        assertThat(refused).as("damage is seen").isPositive();
    }

    /** Damage within the records before they are compressed: valid codec data around nonsense. */
    @Seeds(60)
    void survivesCompressedNonsense(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] plain = batch(random, Compression.NONE);
        for (int i = 0; i < 20; i++) {
            byte[] damaged = plain.clone();
            int count = 1 + random.nextInt(4);
            for (int k = 0; k < count; k++) {
                damaged[random.nextInt(BatchHeader.SIZE, damaged.length)] = (byte) random.nextInt();
            }
            for (Compression compression : Compression.values()) {
                ByteSink sink = new ByteSink();
                sink.write(damaged, 0, BatchHeader.SIZE);
                int records = damaged.length - BatchHeader.SIZE;
                if (compression == Compression.NONE) {
                    sink.write(damaged, BatchHeader.SIZE, records);
                } else {
                    Codec.of(compression).compress(damaged, BatchHeader.SIZE, records, sink);
                }
                byte[] bytes = Arrays.copyOf(sink.bytes(), sink.size());
                ByteBuffer.wrap(bytes)
                        .putInt(BatchLayout.LENGTH, bytes.length - 12)
                        .putShort(BatchLayout.ATTRIBUTES, (short) compression.id());
                fixCrc(bytes);
                read(bytes);
            }
        }
    }

    private static byte[] batch(SplittableRandom random, Compression compression) {
        List<LogRecord> records = RandomRecords.small(random, 1 + random.nextInt(8));
        ByteBuffer batch = RandomRecords.builder(records).build(compression);
        return RandomRecords.copy(batch);
    }

    private static byte[] damage(SplittableRandom random, byte[] batch, byte[] other) {
        byte[] bytes = batch.clone();
        switch (random.nextInt(6)) {
            case 0 -> bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            case 1 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
            case 2 -> bytes = Arrays.copyOf(bytes, bytes.length + random.nextInt(50));
            case 3 -> {
                int at = random.nextInt(Math.min(bytes.length, other.length));
                System.arraycopy(other, at, bytes, at, random.nextInt(Math.min(bytes.length, other.length) - at));
            }
            case 4 ->
                ByteBuffer.wrap(bytes).putInt(random.nextInt(bytes.length - 4), NASTY[random.nextInt(NASTY.length)]);
            default -> {
                int end = Math.min(bytes.length, BatchHeader.SIZE + 40);
                for (int i = 0; i < 4; i++) {
                    bytes[random.nextInt(BatchLayout.ATTRIBUTES, end)] = (byte) random.nextInt();
                }
            }
        }
        return bytes;
    }

    private static void fixCrc(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        buffer.put(BatchLayout.MAGIC, (byte) 2);
        buffer.putInt(BatchLayout.CRC, BatchLayout.crcOf(buffer, 0, bytes.length));
    }

    private void read(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        try {
            BatchReader reader = new BatchReader(LIMITS);
            BatchHeader header = reader.open(buffer, 0);
            int count = 0;
            while (reader.next()) {
                LogRecord record = reader.record();
                assertThat(record.offset()).isBetween(header.baseOffset(), header.lastOffset());
                count++;
            }
            assertThat(count).isEqualTo(header.recordCount());
            readable++;
        } catch (InvalidBatchException e) {
            assertThat(e.code().isRetryable()).isFalse();
            refused++;
        } catch (RuntimeException | Error e) {
            fail("On " + java.util.HexFormat.of().formatHex(bytes), e);
        }
        try {
            BatchValidator.verifyProduced(buffer, 1 << 20);
            for (Batches.Batch batch : new Batches(buffer)) {
                assertThat(batch.header().sizeInBytes()).isPositive();
            }
        } catch (InvalidBatchException e) {
            assertThat(e.code().isRetryable()).isFalse();
        }
    }
}
