package io.millrace.replication.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.storage.index.MemoryRows;
import io.millrace.testing.Seeds;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ScheduledFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.server.util.Scheduler;
import org.apache.kafka.storage.internals.checkpoint.LeaderEpochCheckpointFile;
import org.apache.kafka.storage.internals.epoch.LeaderEpochFileCache;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.junit.jupiter.api.io.TempDir;

/** The epoch history is what Apache Kafka's own epoch cache makes of the same appends. */
class KafkaEpochOracleTest {
    @TempDir
    Path directory;

    @Seeds(20)
    void keepsTheHistoryThatKafkaKeeps(long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        LeaderEpochCheckpointFile file = new LeaderEpochCheckpointFile(
                LeaderEpochCheckpointFile.newFile(directory.toFile()), new LogDirFailureChannel(1));
        LeaderEpochFileCache kafka = new LeaderEpochFileCache(new TopicPartition("t", 0), file, new NoScheduler());
        MemoryRows rows = Histories.withPartitions(1);
        long term = 1;
        for (int index = 1; index <= 60; index++) {
            term += random.nextInt(4) == 0 ? random.nextInt(1, 4) : 0;
            Partition partition = Histories.get(rows, 0);
            AppendPart part = AppendPart.of(
                    Histories.batch(random.nextInt(1, 9), -1, -1, -1, 1000),
                    partition.handle(),
                    partition.logEnd(),
                    partition.leaderEpochIn(term));
            Histories.apply(rows, term, index, new EntryHeader(index, List.of(part), List.of()));
            kafka.assign(part.leaderEpoch(), part.baseOffset());
        }
        List<EpochStart> ours = EpochRow.all(rows, Histories.get(rows, 0).handle());
        assertThat(ours)
                .isEqualTo(kafka.epochEntries().stream()
                        .map(entry -> new EpochStart(entry.epoch(), entry.startOffset()))
                        .toList());
        for (long offset = 0; offset < Histories.get(rows, 0).logEnd(); offset++) {
            assertThat(EpochRow.epochAt(ours, offset))
                    .isEqualTo(kafka.epochForOffset(offset).orElse(-1));
        }
    }

    /** Appends schedule nothing. */
    private static final class NoScheduler implements Scheduler {
        @Override
        public void startup() {
            throw new AssertionError();
        }

        @Override
        public void shutdown() {
            throw new AssertionError();
        }

        @Override
        public ScheduledFuture<?> schedule(String name, Runnable task, long delayMs, long periodMs) {
            throw new AssertionError(name);
        }

        @Override
        public void resizeThreadPool(int newSize) {
            throw new AssertionError();
        }
    }
}
