package io.millrace.storage.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.storage.LogPosition;
import io.millrace.storage.file.DiskFiles;
import io.millrace.storage.file.FaultyFileOps;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Format version 1 of the segment files: what is written today is, byte for byte, what was written when the version was made.
 * {@code -Dmillrace.rewrite=true} writes the golden files anew; that is right for a new version alone.
 */
class SegmentFormatTest {
    private static final String GOLDEN = "/golden/v1/segments/";
    private static final Path DIRECTORY = Path.of("/shard");
    private static final LogConfig CONFIG =
            new LogConfig(64 << 10, 8 << 10, 32 << 10, 4, Duration.ofSeconds(30), 16 << 10, Duration.ZERO);

    @Test
    void writesTheBytesOfVersion1() throws IOException {
        Map<Path, byte[]> written = write().files();
        assertThat(written).hasSize(2);
        for (Map.Entry<Path, byte[]> file : written.entrySet()) {
            String name = file.getKey().getFileName().toString();
            if (Boolean.getBoolean("millrace.rewrite")) {
                Path target = Path.of("src/test/resources" + GOLDEN + name);
                Files.createDirectories(target.getParent());
                Files.write(target, file.getValue());
            } else {
                assertThat(file.getValue()).as(name).isEqualTo(golden(name));
            }
        }
    }

    @Test
    void readsTheBytesOfVersion1(@TempDir Path directory) throws IOException {
        for (int file = 0; file < 2; file++) {
            Files.write(directory.resolve(SegmentName.of(file)), golden(SegmentName.of(file)));
        }
        try (var log = ShardLogs.open(directory, CONFIG, DiskFiles.direct(), (what, cause) -> {}, LogPosition.START)) {
            assertThat(log.recovery().frames()).isEqualTo(4);
            assertThat(log.recovery().cutReason()).isNull();
            for (int index = 0; index < 4; index++) {
                var frame = Objects.requireNonNull(log.find(5 + index, 100 + index));
                ByteBuffer target = ByteBuffer.allocate(frame.payload().length());
                log.read(frame.payload(), 0, target);
                assertThat(target.array()).isEqualTo(payload(index));
            }
        }
        List<SegmentInspector.Verdict> verdicts = new ArrayList<>();
        assertThat(new SegmentInspector(DiskFiles.buffered())
                        .inspect(directory.resolve(SegmentName.of(0)), place -> verdicts.add(place.verdict())))
                .isTrue();
        assertThat(verdicts)
                .containsExactly(
                        SegmentInspector.Verdict.FILE_HEADER,
                        SegmentInspector.Verdict.FRAME,
                        SegmentInspector.Verdict.FRAME,
                        SegmentInspector.Verdict.PADDING,
                        SegmentInspector.Verdict.FRAME,
                        SegmentInspector.Verdict.PADDING,
                        SegmentInspector.Verdict.FOOTER);
    }

    @Test
    void inspectsDamageAndGoesOnBehindIt() {
        FaultyFileOps disk = write();
        Path file = DIRECTORY.resolve(SegmentName.of(0));
        disk.flipBit(file, SegmentHeader.BYTES + 10, 1);
        List<String> seen = new ArrayList<>();
        assertThat(new SegmentInspector(disk)
                        .inspect(
                                file,
                                place -> seen.add(place.verdict() + " " + place.position() + "+" + place.bytes())))
                .isFalse();
        assertThat(seen)
                .startsWith("FILE_HEADER 0+4096", "INVALID 4096+128", "FRAME 4224+1088", "PADDING 5312+2880")
                .endsWith("FOOTER 12288+4096");
    }

    private static FaultyFileOps write() {
        FaultyFileOps disk = new FaultyFileOps();
        try (var log = ShardLogs.open(DIRECTORY, CONFIG, disk, (what, cause) -> {}, LogPosition.START)) {
            for (int index = 0; index < 4; index++) {
                byte[] payload = payload(index);
                CRC32C crc = new CRC32C();
                crc.update(payload);
                log.append(5 + index, 100 + index, (int) crc.getValue(), List.of(ByteBuffer.wrap(payload)));
                if (index != 0) {
                    log.flush();
                }
            }
        }
        return disk;
    }

    /** One that fills its frame, one that does not, an empty one, and one that needs a new file. */
    private static byte[] payload(int index) {
        byte[] payload = new byte[new int[] {64, 1000, 0, 50_000}[index]];
        for (int i = 0; i < payload.length; i++) {
            payload[i] = (byte) (i * 31 + index);
        }
        return payload;
    }

    private static byte[] golden(String name) throws IOException {
        try (InputStream stream = SegmentFormatTest.class.getResourceAsStream(GOLDEN + name)) {
            return Objects.requireNonNull(stream, name).readAllBytes();
        }
    }
}
