package io.millrace.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdOutputStream;
import io.millrace.error.ErrorCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.xerial.snappy.Snappy;

/** Few bytes that expand to many are given up at the limit, whatever the codec, and lies about sizes cost nothing. */
@Timeout(60)
class BatchBombTest {
    private static final DecodeLimits LIMITS = new DecodeLimits(1000, 8 << 20, 1000);
    private static final int MIB = 1 << 20;

    @Test
    void givesUpGzipOfTwoGigabytes() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(bytes, 1 << 16)) {
            writeZeros(gzip, 256);
        }
        // Members one behind the other are one stream: so a quarter of a gigabyte becomes two.
        byte[] member = bytes.toByteArray();
        for (int i = 1; i < 8; i++) {
            bytes.write(member);
        }
        assertTooFar(Compression.GZIP, bytes.toByteArray());
    }

    @Test
    void givesUpZstdOfFourGigabytesWithoutContentSize() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZstdOutputStream zstd = new ZstdOutputStream(bytes)) {
            writeZeros(zstd, 512);
        }
        byte[] frame = bytes.toByteArray();
        for (int i = 1; i < 8; i++) {
            bytes.write(frame);
        }
        assertThat(bytes.size()).isLessThan(1 << 20);
        assertTooFar(Compression.ZSTD, bytes.toByteArray());
    }

    @Test
    void givesUpZstdThatSaysItIsLarge() {
        byte[] zeros = new byte[64 * MIB];
        assertTooFar(Compression.ZSTD, compress(Compression.ZSTD, zeros));
    }

    @Test
    void givesUpLz4() {
        byte[] zeros = new byte[64 * MIB];
        assertTooFar(Compression.LZ4, compress(Compression.LZ4, zeros));
    }

    @Test
    void givesUpSnappy() {
        byte[] zeros = new byte[64 * MIB];
        assertTooFar(Compression.SNAPPY, compress(Compression.SNAPPY, zeros));
    }

    @Test
    void refusesASnappyBlockThatSaysItIsTwoGigabytes() {
        byte[] block = {(byte) 0xFE, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0x07, 0, 'x'};
        assertRefused(Compression.SNAPPY, block, ErrorCode.INVALID_BATCH);
        ByteBuffer framed = ByteBuffer.allocate(20 + block.length);
        framed.put(new byte[] {(byte) 0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0});
        framed.putInt(1).putInt(1).putInt(block.length).put(block);
        assertRefused(Compression.SNAPPY, RandomRecords.copy(framed.rewind()), ErrorCode.INVALID_BATCH);
        framed.putInt(16, Integer.MAX_VALUE);
        assertRefused(Compression.SNAPPY, RandomRecords.copy(framed.rewind()), ErrorCode.INVALID_BATCH);
    }

    @Test
    void refusesAnLz4BlockThatSaysItIsTwoGigabytes() {
        byte[] lz4 = compress(Compression.LZ4, new byte[1000]);
        ByteBuffer.wrap(lz4).order(ByteOrder.LITTLE_ENDIAN).putInt(7, Integer.MAX_VALUE);
        assertRefused(Compression.LZ4, lz4, ErrorCode.INVALID_BATCH);
    }

    @Test
    void takesNoMemoryForAZstdWindowOfGigabytes() {
        // Magic, a descriptor without single segment, a window of 2 GiB, one empty last block.
        byte[] frame = {0x28, (byte) 0xB5, 0x2F, (byte) 0xFD, 0, (byte) (21 << 3), 1, 0, 0};
        assertRefused(Compression.ZSTD, frame, ErrorCode.INVALID_BATCH);
    }

    @Test
    void givesUpByRatioBeforeTheByteLimit() {
        DecodeLimits strict = new DecodeLimits(1000, Integer.MAX_VALUE, 10);
        byte[] bytes = batch(Compression.ZSTD, 1, compress(Compression.ZSTD, new byte[8 * MIB]));
        assertThatThrownBy(() -> new BatchReader(strict).open(ByteBuffer.wrap(bytes), 0))
                .isInstanceOfSatisfying(
                        InvalidBatchException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.BATCH_EXPANDS_TOO_FAR))
                .hasMessageContaining(Integer.toString(DecodeLimits.RATIO_FREE_BYTES));
    }

    @Test
    void givesUpTooManyRecords() {
        byte[] bytes = batch(Compression.ZSTD, Integer.MAX_VALUE, compress(Compression.ZSTD, new byte[10]));
        assertThatThrownBy(() -> new BatchReader(LIMITS).open(ByteBuffer.wrap(bytes), 0))
                .isInstanceOfSatisfying(
                        InvalidBatchException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.BATCH_EXPANDS_TOO_FAR));
    }

    @Test
    void readsWhatExpandsUpToTheLimit() {
        BatchBuilder builder = new BatchBuilder(0);
        builder.append(1, null, new byte[8 * MIB - 100]);
        DecodeLimits exact = new DecodeLimits(1, builder.estimatedSize() - BatchHeader.SIZE, Integer.MAX_VALUE);
        DecodeLimits less = new DecodeLimits(1, builder.estimatedSize() - BatchHeader.SIZE - 1, Integer.MAX_VALUE);
        for (Compression compression : Compression.values()) {
            ByteBuffer batch = builder.build(compression);
            assertThat(BatchReader.readAll(batch, 0, exact)).hasSize(1);
            if (compression != Compression.NONE) {
                assertThatThrownBy(() -> BatchReader.readAll(batch, 0, less))
                        .isInstanceOfSatisfying(
                                InvalidBatchException.class,
                                e -> assertThat(e.code()).isEqualTo(ErrorCode.BATCH_EXPANDS_TOO_FAR));
            }
        }
    }

    @Test
    void readsOneSnappyBlockWithoutFramingAsLibrdkafkaWritesIt() throws IOException {
        BatchBuilder builder = new BatchBuilder(0);
        builder.append(1, "k".getBytes(StandardCharsets.UTF_8), new byte[5000]);
        ByteBuffer plain = builder.build(Compression.NONE);
        byte[] records = Arrays.copyOfRange(RandomRecords.copy(plain), BatchHeader.SIZE, plain.limit());
        byte[] bytes = batch(Compression.SNAPPY, 1, Snappy.compress(records));
        assertThat(BatchReader.readAll(ByteBuffer.wrap(bytes), 0, LIMITS)).hasSize(1);
    }

    private static void writeZeros(OutputStream out, int mebibytes) throws IOException {
        byte[] zeros = new byte[MIB];
        for (int i = 0; i < mebibytes; i++) {
            out.write(zeros);
        }
    }

    private static byte[] compress(Compression compression, byte[] plain) {
        ByteSink sink = new ByteSink();
        Codec.of(compression).compress(plain, 0, plain.length, sink);
        return Arrays.copyOf(sink.bytes(), sink.size());
    }

    private static void assertTooFar(Compression compression, byte[] records) {
        assertRefused(compression, records, ErrorCode.BATCH_EXPANDS_TOO_FAR);
    }

    private static void assertRefused(Compression compression, byte[] records, ErrorCode code) {
        byte[] bytes = batch(compression, 1, records);
        BatchReader reader = new BatchReader(LIMITS);
        assertThatThrownBy(() -> reader.open(ByteBuffer.wrap(bytes), 0))
                .isInstanceOfSatisfying(
                        InvalidBatchException.class, e -> assertThat(e.code()).isEqualTo(code));
        assertThat(reader.next()).isFalse();
        // Room for one more block of LZ4 is taken beyond the limit at most.
        assertThat(reader.heldBytes()).isLessThanOrEqualTo(LIMITS.maxUncompressedBytes() + 4 * MIB);
    }

    private static byte[] batch(Compression compression, int count, byte[] records) {
        ByteBuffer batch = ByteBuffer.allocate(BatchHeader.SIZE + records.length);
        batch.putInt(BatchLayout.LENGTH, batch.capacity() - 12).put(BatchLayout.MAGIC, (byte) 2);
        batch.putShort(BatchLayout.ATTRIBUTES, (short) compression.id());
        batch.putInt(BatchLayout.LAST_OFFSET_DELTA, count - 1).putInt(BatchLayout.RECORD_COUNT, count);
        batch.put(BatchHeader.SIZE, records);
        batch.putInt(BatchLayout.CRC, BatchLayout.crcOf(batch, 0, batch.capacity()));
        return RandomRecords.copy(batch);
    }
}
