package io.millrace.record;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Batches written once and for all. The files never change; where the compressed ones are missing, {@code
 * -Dmillrace.rewrite=true} writes them.
 */
class GoldenBatchesTest {
    private static final Path DIRECTORY = Path.of("src/test/resources/golden/v2");

    @ParameterizedTest
    @EnumSource
    void readsTheGoldenBatch(Compression compression) throws IOException {
        ByteBuffer batch = ByteBuffer.wrap(file(compression));
        BatchHeader header = BatchValidator.verifyProduced(batch, Integer.MAX_VALUE);
        assertThat(header.compression()).isEqualTo(compression);
        assertThat(header.producerId()).isEqualTo(4711);
        assertThat(header.producerEpoch()).isEqualTo((short) 2);
        assertThat(header.baseSequence()).isEqualTo(1_000_000);
        assertThat(header.maxTimestamp()).isEqualTo(1_700_000_000_000L + (1L << 40));
        RandomRecords.assertSame(BatchReader.readAll(batch, 0, DecodeLimits.DEFAULT), records());
    }

    @Test
    void writesTheUncompressedGoldenBatchByteForByte() throws IOException {
        assertThat(built(Compression.NONE)).isEqualTo(file(Compression.NONE));
    }

    @Test
    void hasTheBytesOfTheFormatDescription() throws IOException {
        // The first bytes by hand, so that the files themselves are held to the format.
        byte[] bytes = file(Compression.NONE);
        ByteBuffer batch = ByteBuffer.wrap(bytes);
        assertThat(batch.getInt(8)).isEqualTo(bytes.length - 12);
        assertThat(batch.get(16)).isEqualTo((byte) 2);
        assertThat(batch.getShort(21)).isZero();
        assertThat(batch.getInt(57)).isEqualTo(records().size());
        byte[] first = {18, 0, 0, 0, 2, 'k', 4, 'v', '0', 0};
        assertThat(Arrays.copyOfRange(bytes, 61, 61 + first.length)).isEqualTo(first);
    }

    private static byte[] file(Compression compression) throws IOException {
        Path file = DIRECTORY.resolve(compression.name().toLowerCase(java.util.Locale.ROOT) + ".bin");
        if (Boolean.getBoolean("millrace.rewrite") && !Files.exists(file)) {
            Files.createDirectories(DIRECTORY);
            Files.write(file, built(compression));
        }
        return Files.readAllBytes(file);
    }

    private static byte[] built(Compression compression) {
        ByteBuffer batch = RandomRecords.builder(records()).build(compression, 4711, (short) 2, 1_000_000);
        return RandomRecords.copy(batch);
    }

    private static List<LogRecord> records() {
        long base = 1_700_000_000_000L;
        List<LogRecord> records = new ArrayList<>();
        records.add(new LogRecord(0, base, utf8("k"), utf8("v0"), List.of()));
        records.add(new LogRecord(1, base - 5, null, utf8("no key, earlier"), List.of()));
        records.add(new LogRecord(2, base + (1L << 40), utf8("tombstone"), null, List.of()));
        records.add(new LogRecord(
                3,
                base + 7,
                new byte[0],
                new byte[0],
                List.of(
                        new RecordHeader("text", utf8("grün")),
                        new RecordHeader("", null),
                        new RecordHeader("schlüssel-\uD83D\uDE00", new byte[0]),
                        new RecordHeader("text", utf8("twice")))));
        for (int offset = 4; offset < 60; offset++) {
            byte[] value = new byte[offset * 7];
            for (int i = 0; i < value.length; i++) {
                value[i] = (byte) ((i * offset) >> 3);
            }
            records.add(new LogRecord(offset, base + offset * 1000L, utf8("key-" + offset % 10), value, List.of()));
        }
        return records;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
