package io.millrace.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.replication.ratis.RaftGroupSpec;
import io.millrace.replication.ratis.RatisConfig;
import io.millrace.replication.ratis.RatisHost;
import io.millrace.replication.state.PartitionId;
import io.millrace.replication.state.ShardCommand;
import io.millrace.storage.file.FaultyFileOps;
import io.millrace.storage.index.MemoryPartitionIndex;
import io.millrace.storage.log.LogConfig;
import io.millrace.storage.log.SegmentedShardLog;
import io.millrace.storage.log.ShardLogs;
import io.millrace.testing.ManualTime;
import io.millrace.testing.Seeds;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;

/**
 * Power fails while a shard on Ratis takes appends: the shard log loses what it had not forced (and tears the rest), the index falls back to its last flush, the
 * Raft log stays as it was written. What was acknowledged is there afterwards, at its offset, and nothing behind a gap.
 */
class PowerCutTest {
    private static final UUID CLUSTER = new UUID(7, 7);
    private static final PartitionId PARTITION = new PartitionId(new UUID(1, 1), 0);
    private static final Path LOG = Path.of("/log");

    @Seeds(3)
    void acknowledgedRecordsSurviveAPowerCut(long seed, @TempDir Path directory) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        FaultyFileOps disk = new FaultyFileOps();
        MemoryPartitionIndex index = new MemoryPartitionIndex();
        List<String> acknowledged = List.of();
        Path raft = directory.resolve("raft-0");
        for (int cut = 0; cut < 3; cut++) {
            int life = cut;
            Life shard = new Life(raft, disk, index);
            shard.createPartition();
            List<String> found = shard.values();
            assertThat(found).as("life %d, every acknowledged record", life).containsAll(acknowledged);
            assertThat(found).doesNotHaveDuplicates();

            List<String> heard = new CopyOnWriteArrayList<>(acknowledged);
            AtomicInteger acks = new AtomicInteger();
            int wanted = random.nextInt(1, 200);
            int checkpointAt = random.nextInt(300);
            List<CompletableFuture<?>> appends = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                String value = life + "-" + i;
                appends.add(shard.append(value).whenComplete((appended, fault) -> {
                    if (fault == null) {
                        heard.add(value);
                        acks.incrementAndGet();
                    }
                }));
                if (i == checkpointAt) {
                    shard.checkpoint();
                }
            }
            await().atMost(Duration.ofSeconds(30))
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> acks.get() >= wanted);

            // What is acknowledged from here on nobody hears: the Raft log may be copied before such an entry is
            // written.
            acknowledged = List.copyOf(heard);
            disk.crashTorn(random);
            raft = copy(raft, directory.resolve("raft-" + (cut + 1)));
            index = index.crashed();
            shard.abandon();
            await().atMost(Duration.ofSeconds(30)).until(() -> appends.stream().allMatch(CompletableFuture::isDone));
        }
        Life shard = new Life(raft, disk, index);
        List<String> found = shard.values();
        assertThat(found).containsAll(acknowledged).doesNotHaveDuplicates();
        PartitionStatus status = Objects.requireNonNull(shard.shard.partition(PARTITION));
        assertThat(status.logEnd()).as("no gap").isEqualTo(found.size());
        System.out.printf(
                "power cut: 3 cuts, %d records acknowledged, all of them there, %d in the log, seed %d%n",
                acknowledged.size(), found.size(), seed);
        shard.abandon();
    }

    private static Path copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path each : (Iterable<Path>) files::iterator) {
                Path target = to.resolve(from.relativize(each).toString());
                if (Files.isDirectory(each)) {
                    Files.createDirectories(target);
                } else if (!each.endsWith("in_use.lock")) {
                    Files.copy(each, target);
                }
            }
        }
        return to;
    }

    /** A shard from one start to the next power cut. */
    private static final class Life {
        final ManualTime time = new ManualTime();
        final SegmentedShardLog log;
        final Shard shard;
        final RatisHost host;

        Life(Path raft, FaultyFileOps disk, MemoryPartitionIndex index) throws IOException {
            Files.createDirectories(raft);
            log = ShardLogs.open(
                    LOG,
                    LogConfig.DEFAULT.withSizes(1 << 20, 64 << 10, 1 << 20),
                    disk,
                    (what, cause) -> {},
                    index.applied().logEnd(),
                    index.liveBytes().keySet());
            shard = new Shard(1, log, index, ShardConfig.DEFAULT, time, time, ShardListener.NONE);
            host = RatisHost.start(
                    RatisConfig.alone(CLUSTER, 1, 1, System::nanoTime),
                    List.of(new RaftGroupSpec<>(1, raft, log, shard.machine())),
                    (what, cause) -> {});
            shard.start(host.log(1));
            await().atMost(Duration.ofSeconds(30))
                    .pollInterval(Duration.ofMillis(2))
                    .until(() -> shard.leadership().leading());
        }

        void createPartition() {
            shard.execute(
                            new ShardCommand.CreatePartitions(List.of(new ShardCommand.NewPartition(PARTITION, 0, 0))),
                            soon())
                    .orTimeout(30, TimeUnit.SECONDS)
                    .join();
        }

        CompletableFuture<Appended> append(String value) {
            return shard.append(PARTITION, TestBatches.plain(value), soon());
        }

        void checkpoint() {
            shard.checkpoint();
        }

        List<String> values() {
            List<String> values = new ArrayList<>();
            PartitionStatus status = shard.partition(PARTITION);
            long offset = 0;
            while (status != null && offset < status.logEnd()) {
                ReadBatches read = shard.read(PARTITION, offset, 1 << 20);
                ShardRig.recordsOf(read.batches())
                        .forEach(record ->
                                values.add(new String(Objects.requireNonNull(record.value()), StandardCharsets.UTF_8)));
                assertThat(read.nextOffset()).isGreaterThan(offset);
                offset = read.nextOffset();
            }
            return values;
        }

        private long soon() {
            return time.getAsLong() + TimeUnit.SECONDS.toNanos(30);
        }

        /** Its disk is gone already: whatever it still does, nobody hears of it. */
        void abandon() {
            shard.close();
            host.close();
            log.close();
        }
    }
}
