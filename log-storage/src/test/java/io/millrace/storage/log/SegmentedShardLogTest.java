package io.millrace.storage.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.storage.Extent;
import io.millrace.storage.LogPosition;
import io.millrace.storage.ShardLog.Frame;
import io.millrace.storage.ShardLog.SegmentInfo;
import io.millrace.storage.StorageException;
import io.millrace.storage.file.DiskFiles;
import io.millrace.storage.file.FileOps;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The log over real files, with direct and with buffered I/O. */
class SegmentedShardLogTest {
    private static final LogConfig SMALL = LogConfig.DEFAULT.withSizes(256 << 10, 16 << 10, 64 << 10);

    @TempDir
    Path directory;

    private final SplittableRandom random = new SplittableRandom(1);

    static Stream<FileOps> fileOps() {
        return Stream.of(DiskFiles.direct(), DiskFiles.buffered());
    }

    @ParameterizedTest
    @MethodSource("fileOps")
    void findsAndReadsWhatWasFlushedAfterReopening(FileOps fileOps) {
        List<byte[]> payloads = new ArrayList<>();
        try (var log = open(fileOps, LogPosition.START)) {
            for (int index = 0; index < 50; index++) {
                byte[] payload = bytes(random.nextInt(0, 40_000));
                payloads.add(payload);
                append(log, 1, index, payload);
                if (index % 3 == 0) {
                    log.flush();
                }
            }
            log.flush();
            assertHolds(log, payloads);
        }
        try (var log = open(fileOps, LogPosition.START)) {
            assertThat(log.recovery().frames()).isEqualTo(50);
            assertThat(log.recovery().cutReason()).isNull();
            assertHolds(log, payloads);
            assertThat(log.find(1, 30)).isNotNull();
            log.applied(30);
            assertThat(log.find(1, 30)).isNull();
            append(log, 2, 50, bytes(100));
            log.flush();
        }
    }

    @ParameterizedTest
    @MethodSource("fileOps")
    void deletesSealedFilesAndAnswersGone(FileOps fileOps) throws Exception {
        try (var log = open(fileOps, LogPosition.START)) {
            Extent first = append(log, 1, 0, bytes(10_000));
            for (int index = 1; index < 60; index++) {
                append(log, 1, index, bytes(10_000));
            }
            log.flush();
            assertThat(log.segments()).hasSize(3);
            assertThat(log.segments().get(0).sealed()).isTrue();
            assertThatThrownBy(() -> log.delete(2)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> log.delete(0)).isInstanceOf(IllegalArgumentException.class);
            log.applied(59);
            log.delete(0);
            assertThatThrownBy(() -> log.read(first, 0, ByteBuffer.allocate(10)))
                    .isInstanceOfSatisfying(
                            StorageException.class, e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.GONE));
            assertThat(log.segments()).extracting(SegmentInfo::file).containsExactly(1, 2);
            Awaitility.await().until(() -> {
                try (Stream<Path> files = Files.list(directory)) {
                    return files.count() == 2;
                }
            });
        }
    }

    private void assertHolds(SegmentedShardLog log, List<byte[]> payloads) {
        for (int index = 0; index < payloads.size(); index++) {
            Frame frame = Objects.requireNonNull(log.find(1, index));
            byte[] expected = payloads.get(index);
            assertThat(frame.payload().length()).isEqualTo(expected.length);
            ByteBuffer target = ByteBuffer.allocate(expected.length);
            log.read(frame.payload(), 0, target);
            assertThat(target.array()).isEqualTo(expected);
            if (expected.length > 2) {
                ByteBuffer part = ByteBuffer.allocate(expected.length - 2);
                log.read(frame.payload(), 1, part);
                assertThat(part.flip()).isEqualTo(ByteBuffer.wrap(expected, 1, expected.length - 2));
            }
        }
    }

    private SegmentedShardLog open(FileOps fileOps, LogPosition appliedEnd) {
        return ShardLogs.open(
                directory,
                SMALL,
                fileOps,
                (what, cause) -> {
                    throw new AssertionError(what, cause);
                },
                appliedEnd);
    }

    private static Extent append(SegmentedShardLog log, long term, long index, byte[] payload) {
        CRC32C crc = new CRC32C();
        crc.update(payload);
        int middle = payload.length / 3;
        return log.append(
                term,
                index,
                (int) crc.getValue(),
                List.of(
                        ByteBuffer.wrap(payload, 0, middle),
                        ByteBuffer.wrap(payload, middle, payload.length - middle)));
    }

    private byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }
}
