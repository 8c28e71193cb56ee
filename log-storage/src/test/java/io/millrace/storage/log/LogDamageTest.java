package io.millrace.storage.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.storage.LogPosition;
import io.millrace.storage.ShardLog.Frame;
import io.millrace.storage.StorageException;
import io.millrace.storage.StorageException.Kind;
import io.millrace.storage.file.FaultyFileOps;
import io.millrace.testing.Seeds;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Files that have changed by themselves. A damaged bit is either not in what the log reads at the start, and then the reader's checksum sees it;
 * or the log is refused; or it lies in the last flush, which nobody can tell from a torn one, and is cut off with what follows.
 */
class LogDamageTest {
    private static final Path DIRECTORY = Path.of("/shard");
    private static final LogConfig CONFIG =
            new LogConfig(64 << 10, 8 << 10, 32 << 10, 4, Duration.ofSeconds(30), 16 << 10, Duration.ZERO);
    private static final int FRAMES = 40;
    private static final int FILES = 4;

    private final FaultyFileOps disk = new FaultyFileOps();
    private final List<byte[]> payloads = new ArrayList<>();
    private final List<Frame> frames = new ArrayList<>();
    private Map<Path, byte[]> healthy = new HashMap<>();
    private int inLastFlush;

    @BeforeEach
    void writeALog() {
        SplittableRandom random = new SplittableRandom(11);
        try (var log = open(LogPosition.START)) {
            for (int index = 0; index < FRAMES; index++) {
                byte[] payload = new byte[random.nextInt(8_000)];
                random.nextBytes(payload);
                payloads.add(payload);
                log.append(1, index, crc(payload), List.of(ByteBuffer.wrap(payload)));
                frames.add(frame(log, index));
                inLastFlush++;
                if (index % 4 == 3) {
                    log.flush();
                    inLastFlush = index == FRAMES - 1 ? inLastFlush : 0;
                }
            }
        }
        disk.kill();
        healthy = disk.files();
        assertThat(healthy.keySet()).hasSize(FILES);
        assertThat(inLastFlush).isEqualTo(4);
    }

    @Seeds(300)
    void neverAcceptsADamagedBit(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        restore();
        Path file = List.copyOf(healthy.keySet()).get(random.nextInt(healthy.size()));
        int position = random.nextInt(healthyBytes(file).length);
        disk.flipBit(file, position, random.nextInt(8));
        int appliedFrames = random.nextInt(FRAMES - 8);
        LogPosition appliedEnd = appliedFrames == 0
                ? LogPosition.START
                : frames.get(appliedFrames - 1).end();
        SegmentedShardLog log;
        try {
            log = open(appliedEnd);
        } catch (StorageException e) {
            assertThat(e.kind()).isEqualTo(Kind.CORRUPT);
            return;
        }
        checkFound(log, appliedFrames, FRAMES - 4);
        checkApplied(log, appliedFrames);
        log.close();
    }

    @Seeds(100)
    void cutsOrRefusesAShortenedFile(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        restore();
        List<Path> files = List.copyOf(healthy.keySet());
        Path file = files.get(random.nextInt(files.size()));
        byte[] bytes = healthyBytes(file);
        int left = random.nextInt(bytes.length);
        disk.put(file, Arrays.copyOf(bytes, left));
        SegmentedShardLog log;
        try {
            log = open(LogPosition.START);
        } catch (StorageException e) {
            assertThat(e.kind()).isEqualTo(Kind.CORRUPT);
            return;
        }
        assertThat(file).as("only the last file can have lost its end unseen").isEqualTo(files.get(FILES - 1));
        // What is lost is for the Raft log to see; what is found is whole, and nothing is missing in between.
        int last = checkFound(log, 0, 0);
        assertThat(frames.get(last).end().compareTo(new LogPosition(FILES - 1, left)))
                .isNotPositive();
        log.close();
    }

    @Test
    void refusesDamageThatALaterFlushHasLeftBehind() {
        Frame early = frames.get(FRAMES - 6);
        flip(early);
        assertThat(openFailure(LogPosition.START)).isEqualTo(Kind.CORRUPT);
        Path file = DIRECTORY.resolve(SegmentName.of(early.payload().file()));
        assertThat(disk.bytes(file).length).as("nothing was cut").isEqualTo(healthyBytes(file).length);
    }

    @Test
    void cutsDamageInTheLastFlushAndGoesOn() {
        Frame late = frames.get(FRAMES - 2);
        flip(late);
        try (var log = open(LogPosition.START)) {
            assertThat(log.recovery().cutReason()).contains("checksum");
            assertThat(log.find(1, FRAMES - 3)).isNotNull();
            assertThat(log.find(1, FRAMES - 2)).isNull();
            assertThat(log.find(1, FRAMES - 1)).isNull();
            assertThat(log.end()).isEqualTo(frames.get(FRAMES - 3).end());
            log.append(2, FRAMES - 2, crc(new byte[10]), List.of(ByteBuffer.allocate(10)));
            log.flush();
        }
        disk.crash();
        try (var log = open(LogPosition.START)) {
            assertThat(log.recovery().cutReason()).isNull();
            assertThat(log.find(2, FRAMES - 2)).isNotNull();
            assertThat(log.find(1, FRAMES - 3)).isNotNull();
        }
    }

    @Test
    void refusesANewerFormat() {
        Path last = DIRECTORY.resolve(SegmentName.of(FILES - 1));
        byte[] bytes = disk.bytes(last);
        ByteBuffer header = ByteBuffer.wrap(bytes);
        header.putInt(8, 3);
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, 60);
        header.putInt(60, (int) crc.getValue());
        disk.put(last, bytes);
        assertThat(openFailure(LogPosition.START)).isEqualTo(Kind.NEWER_FORMAT);
    }

    private int checkFound(SegmentedShardLog log, int from, int atLeast) {
        int last = -1;
        for (int index = from; index < FRAMES; index++) {
            Frame found = log.find(1, index);
            if (found == null) {
                assertThat(index).isGreaterThanOrEqualTo(atLeast);
                continue;
            }
            assertThat(last == -1 || last == index - 1)
                    .as("no hole before %s", index)
                    .isTrue();
            last = index;
            assertThat(found).isEqualTo(frames.get(index));
            assertThat(read(log, found)).isEqualTo(payloads.get(index));
        }
        return last;
    }

    private void checkApplied(SegmentedShardLog log, int count) {
        for (int index = 0; index < count; index++) {
            byte[] read = read(log, frames.get(index));
            boolean equal = Arrays.equals(read, payloads.get(index));
            assertThat(crc(read) == frames.get(index).payloadCrc()).isEqualTo(equal);
        }
    }

    private void flip(Frame frame) {
        disk.flipBit(
                DIRECTORY.resolve(SegmentName.of(frame.payload().file())),
                frame.payload().position() + frame.payload().length() / 2,
                3);
    }

    private @Nullable Kind openFailure(LogPosition appliedEnd) {
        try {
            open(appliedEnd).close();
            return null;
        } catch (StorageException e) {
            return e.kind();
        }
    }

    private byte[] healthyBytes(Path file) {
        return Objects.requireNonNull(healthy.get(file));
    }

    private void restore() {
        healthy.forEach(disk::put);
    }

    private SegmentedShardLog open(LogPosition appliedEnd) {
        return ShardLogs.open(
                DIRECTORY,
                CONFIG,
                disk,
                (what, cause) -> {
                    throw new AssertionError(what, cause);
                },
                appliedEnd);
    }

    private static Frame frame(SegmentedShardLog log, long index) {
        Frame frame = log.find(1, index);
        if (frame == null) {
            throw new AssertionError("no frame " + index);
        }
        return frame;
    }

    private static byte[] read(SegmentedShardLog log, Frame frame) {
        ByteBuffer target = ByteBuffer.allocate(frame.payload().length());
        log.read(frame.payload(), 0, target);
        return target.array();
    }

    private static int crc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }
}
