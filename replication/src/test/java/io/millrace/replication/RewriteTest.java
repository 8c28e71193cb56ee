package io.millrace.replication;

import static io.millrace.replication.ShardRig.P0;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.record.LogRecord;
import io.millrace.replication.state.PartitionId;
import io.millrace.replication.state.ShardCommand;
import io.millrace.storage.ShardLog;
import io.millrace.storage.ShardLog.SegmentInfo;
import io.millrace.storage.clean.Pace;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Topics come and go beside one that stays, and shares its files with all of them. */
class RewriteTest {
    private static final int SEGMENT_BYTES = 1 << 20;
    private static final int ROUNDS = 8;
    private static final int BATCHES = 60;
    private static final String PADDING = "x".repeat(10_000);

    private final AtomicInteger kept = new AtomicInteger();
    private final AtomicBoolean ended = new AtomicBoolean();

    @Test
    void readersSeeEveryRecordAndNoErrorWhileFilesAreRewritten(@TempDir Path directory) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(5);
        try (ShardRig rig = new ShardRig(directory).withPartitions(P0)) {
            List<Future<?>> running = new ArrayList<>();
            running.add(threads.submit(repeated(() -> rig.shard.checkpoint())));
            running.add(threads.submit(repeated(() -> rig.shard.rewrite(0, Pace.UNBOUNDED))));
            for (int i = 0; i < 2; i++) {
                running.add(threads.submit(repeated(() -> readAll(rig))));
            }
            try {
                for (int round = 0; round < ROUNDS; round++) {
                    appendBesideATopicThatGoes(rig, round);
                }
            } finally {
                ended.set(true);
            }
            for (Future<?> each : running) {
                each.get(60, TimeUnit.SECONDS);
            }
            settle(rig);
            readAll(rig);
            long live = rig.index.liveBytes().values().stream()
                    .mapToLong(bytes -> bytes)
                    .sum();
            assertThat(rig.shard.stats().movedBytes()).isPositive();
            assertThat(rig.shardLog.segments().stream()
                            .filter(SegmentInfo::sealed)
                            .mapToLong(SegmentInfo::bytes)
                            .sum())
                    .isLessThan(live * 10 / 6 + 2 * SEGMENT_BYTES);
            assertThat(rig.shardLog.segments()).anyMatch(info -> ShardLog.isMoved(info.file()));
        } finally {
            ended.set(true);
            threads.shutdownNow();
        }
    }

    private Callable<Void> repeated(Callable<?> work) {
        return () -> {
            while (!ended.get()) {
                work.call();
            }
            return null;
        };
    }

    private void appendBesideATopicThatGoes(ShardRig rig, int round) {
        UUID topic = new UUID(77, round);
        PartitionId other = new PartitionId(topic, 0);
        rig.withPartitions(other);
        for (int i = 0; i < BATCHES; i++) {
            rig.appended(other, TestBatches.at(1000, "gone" + PADDING));
            rig.appended(P0, TestBatches.at(1000, kept.get() + PADDING));
            kept.incrementAndGet();
        }
        rig.execute(new ShardCommand.DropPartitions(topic));
    }

    /** What was acknowledged when the read began is there, in order, whatever moves meanwhile. */
    private @Nullable Void readAll(ShardRig rig) {
        int expected = kept.get();
        List<LogRecord> records = rig.records(P0, 0, 300_000);
        assertThat(records).hasSizeGreaterThanOrEqualTo(expected);
        for (int i = 0; i < records.size(); i++) {
            assertThat(records.get(i).offset()).isEqualTo(i);
            assertThat(text(records.get(i).value())).isEqualTo(i + PADDING);
        }
        return null;
    }

    private static void settle(ShardRig rig) {
        boolean goesOn;
        do {
            rig.shard.checkpoint();
            boolean rewrote = rig.shard.rewrite(0, Pace.UNBOUNDED);
            int deleted = rig.shard.checkpoint();
            goesOn = rewrote || deleted > 0;
        } while (goesOn);
    }

    private static String text(byte @Nullable [] bytes) {
        return bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8);
    }
}
