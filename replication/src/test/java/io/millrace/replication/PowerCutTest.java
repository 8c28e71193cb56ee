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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;

/**
 * Power fails in the middle of a flush, while a shard on Ratis takes appends: the shard log loses what it had not forced (and tears the rest), the index falls back to its last flush, the
 * Raft log stays as it was written. What was acknowledged is there afterwards, at its offset, and nothing behind a gap.
 */
class PowerCutTest {
    private static final UUID CLUSTER = new UUID(7, 7);
    private static final PartitionId PARTITION = new PartitionId(new UUID(1, 1), 0);
    private static final Path LOG = Path.of("/log");
    private static final int CUTS = 3;

    @Seeds(3)
    void acknowledgedRecordsSurviveAPowerCut(long seed, @TempDir Path directory) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        FaultyFileOps disk = new FaultyFileOps();
        MemoryPartitionIndex index = new MemoryPartitionIndex();
        List<String> acknowledged = List.of();
        List<String> cuts = new ArrayList<>();
        List<CompletableFuture<Void>> ends = new ArrayList<>();
        Path raft = directory.resolve("raft-0");
        for (int cut = 0; cut < CUTS; cut++) {
            int life = cut;
            Life shard = new Life(raft, disk, index);
            shard.createPartition();
            List<String> found = shard.values();
            assertThat(found).as("life %d, every acknowledged record", life).containsAll(acknowledged);
            assertThat(found).doesNotHaveDuplicates();

            Load load = new Load(shard, life, random);
            FaultyFileOps.Operation operation =
                    random.nextBoolean() ? FaultyFileOps.Operation.WRITE : FaultyFileOps.Operation.FORCE;
            int nth = random.nextInt(1, 60);
            load.runUntil(disk.hangNth(operation, nth).reached());

            // The disk stands still within a flush, which carries appends that nobody has heard of yet. What is
            // acknowledged from here on nobody hears: the Raft log may be copied before such an entry is written.
            List<String> heard = load.acknowledged();
            assertThat(heard).as("some are in flight").hasSizeLessThan(load.appended());
            cuts.add("at %s %d with %d of %d acknowledged".formatted(operation, nth, heard.size(), load.appended()));
            acknowledged = Stream.concat(acknowledged.stream(), heard.stream()).toList();
            disk.crashTorn(random);
            raft = copy(raft, directory.resolve("raft-" + (cut + 1)));
            index = index.crashed();
            // A dead Raft server takes seconds to close: not before the next life. It finds its disk gone.
            ends.add(CompletableFuture.runAsync(shard::abandon).thenRun(load::awaitEnd));
        }
        Life shard = new Life(raft, disk, index);
        List<String> found = shard.values();
        assertThat(found).containsAll(acknowledged).doesNotHaveDuplicates();
        PartitionStatus status = Objects.requireNonNull(shard.shard.partition(PARTITION));
        assertThat(status.logEnd()).as("no gap").isEqualTo(found.size());
        System.out.printf(
                "power cut: %d cuts in mid-flight (%s), %d records acknowledged, all of them there, %d in the log, seed %d%n",
                CUTS, String.join("; ", cuts), acknowledged.size(), found.size(), seed);
        shard.abandon();
        ends.forEach(end -> end.orTimeout(60, TimeUnit.SECONDS).join());
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

    /** Appends one after the other, with a seeded number of them in flight, sizes and place of one checkpoint. */
    private static final class Load {
        private static final int MOST = 20_000;

        private final Life shard;
        private final String prefix;
        private final Semaphore window;
        private final String padding;
        private final int checkpointAt;
        private final List<CompletableFuture<Appended>> appends = new ArrayList<>();
        private final List<String> acknowledged = new CopyOnWriteArrayList<>();

        Load(Life shard, int life, SplittableRandom random) {
            this.shard = shard;
            this.prefix = life + "-";
            this.window = new Semaphore(random.nextInt(1, 100));
            this.padding = ".".repeat(random.nextInt(4) * 2_000);
            this.checkpointAt = random.nextInt(300);
        }

        void runUntil(CountDownLatch reached) throws InterruptedException {
            while (reached.getCount() > 0) {
                assertThat(appends).as("appends without the disk being asked").hasSizeLessThan(MOST);
                if (window.tryAcquire(1, TimeUnit.MILLISECONDS)) {
                    append();
                }
            }
        }

        private void append() {
            String value = prefix + appends.size() + padding;
            appends.add(shard.append(value).whenComplete((appended, fault) -> {
                if (fault == null) {
                    acknowledged.add(value);
                }
                window.release();
            }));
            if (appends.size() == checkpointAt) {
                shard.checkpoint();
            }
        }

        int appended() {
            return appends.size();
        }

        List<String> acknowledged() {
            return List.copyOf(acknowledged);
        }

        void awaitEnd() {
            await().atMost(Duration.ofSeconds(30)).until(() -> appends.stream().allMatch(CompletableFuture::isDone));
        }
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
                    List.of(new RaftGroupSpec<>(1, raft, log, shard.machine(), List.of())),
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
