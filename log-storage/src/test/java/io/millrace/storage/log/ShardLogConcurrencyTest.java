package io.millrace.storage.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.storage.Extent;
import io.millrace.storage.LogPosition;
import io.millrace.storage.file.DiskFiles;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One thread appends, one flushes, several read, some of them interrupted again and again. */
class ShardLogConcurrencyTest {
    private static final int FRAMES = 4_000;
    private static final LogConfig CONFIG = LogConfig.DEFAULT.withSizes(2 << 20, 64 << 10, 256 << 10);

    @TempDir
    Path directory;

    private final AtomicReferenceArray<Extent> extents = new AtomicReferenceArray<>(FRAMES);
    private final AtomicInteger appended = new AtomicInteger();
    private final AtomicInteger durable = new AtomicInteger();
    private final AtomicInteger fromOldFiles = new AtomicInteger();

    @Test
    @Timeout(60)
    void appendsFlushesAndReadsAtOnce() throws Exception {
        try (var log = open()) {
            List<CompletableFuture<Void>> work = new ArrayList<>();
            work.add(run(() -> appendAll(log)));
            work.add(run(() -> flushUntilAllIsDurable(log)));
            for (int reader = 0; reader < 3; reader++) {
                int seed = reader;
                work.add(run(() -> readUntilAllIsDurable(log, new SplittableRandom(seed), seed == 0)));
            }
            for (CompletableFuture<Void> each : work) {
                each.get(50, TimeUnit.SECONDS);
            }
            assertThat(fromOldFiles.get()).isPositive();
        }
        try (var log = open()) {
            assertThat(log.recovery().frames()).isEqualTo(FRAMES);
            for (int index = 0; index < FRAMES; index++) {
                check(log, index);
            }
        }
    }

    private static CompletableFuture<Void> run(Runnable work) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                work.run();
                done.complete(null);
            } catch (Throwable e) {
                done.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return done;
    }

    private void appendAll(SegmentedShardLog log) {
        for (int index = 0; index < FRAMES; index++) {
            byte[] payload = payload(index);
            extents.set(index, log.append(1, index, crc(payload), List.of(ByteBuffer.wrap(payload))));
            appended.set(index + 1);
            while (index - durable.get() > 64) {
                Thread.onSpinWait(); // what is in flight is bounded above the log
            }
        }
    }

    private void flushUntilAllIsDurable(SegmentedShardLog log) {
        int interrupts = 0;
        while (durable.get() < FRAMES) {
            int before = appended.get();
            if (before == durable.get()) {
                Thread.onSpinWait();
                continue;
            }
            if (interrupts++ % 3 == 0) {
                Thread.currentThread().interrupt();
            }
            log.flush();
            durable.set(before);
        }
        assertThat(Thread.interrupted()).as("an interrupt is kept").isTrue();
    }

    private void readUntilAllIsDurable(SegmentedShardLog log, SplittableRandom random, boolean interrupted) {
        while (durable.get() < FRAMES) {
            int count = appended.get();
            if (count == 0) {
                continue;
            }
            boolean newest = random.nextBoolean();
            int index = newest ? count - 1 - random.nextInt(Math.min(count, 40)) : random.nextInt(count);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            check(log, index);
            if (Objects.requireNonNull(extents.get(index)).file() < log.end().file()) {
                fromOldFiles.incrementAndGet();
            }
        }
    }

    private void check(SegmentedShardLog log, int index) {
        byte[] expected = payload(index);
        ByteBuffer target = ByteBuffer.allocate(expected.length);
        log.read(Objects.requireNonNull(extents.get(index)), 0, target);
        assertThat(target.array()).isEqualTo(expected);
    }

    private SegmentedShardLog open() {
        return ShardLogs.open(
                directory,
                CONFIG,
                DiskFiles.direct(),
                (what, cause) -> {
                    throw new AssertionError(what, cause);
                },
                LogPosition.START);
    }

    private static byte[] payload(int index) {
        byte[] payload = new byte[(index * 37) % 6_000];
        new SplittableRandom(index).nextBytes(payload);
        return payload;
    }

    private static int crc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }
}
