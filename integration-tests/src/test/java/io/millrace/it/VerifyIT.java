package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.client.Consumer;
import io.millrace.client.ConsumerRecord;
import io.millrace.client.Millrace;
import io.millrace.client.MillraceClient;
import io.millrace.client.NewTopic;
import io.millrace.client.Producer;
import io.millrace.client.ProducerRecord;
import io.millrace.client.TopicPartition;
import io.millrace.client.Verification;
import io.millrace.client.Verification.Agreement;
import io.millrace.client.Verification.Damage;
import io.millrace.client.Verification.Shard;
import io.millrace.it.cluster.ForkedCluster;
import io.millrace.it.load.Workload;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three brokers, one of which has a disk that rots: their replicas are compared, what is damaged is named, and repaired from another. */
@Timeout(600)
class VerifyIT {
    private static final long SEED = Long.getLong("millrace.seed", 20261125L);
    private static final String TOPIC = "rot";
    private static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);
    private static final int RECORDS = 3_000;
    private static final int RECORDS_IN_A_FLUSH = 100;
    private static final byte[] MARK = "verify-".getBytes(StandardCharsets.US_ASCII);
    private static final int PARTS = 3;
    private static final Duration REPAIRED = Duration.ofSeconds(60);

    /** All that a run told. */
    private record Run(List<Shard> shards, List<Damage> damaged, List<Damage> repaired, long bytesRead) {
        boolean isEqual() {
            return shards.stream().allMatch(each -> each.agreement() == Agreement.EQUAL);
        }
    }

    private static Run verify(ForkedCluster cluster, boolean deep) {
        List<Shard> shards = new ArrayList<>();
        List<Damage> damaged = new ArrayList<>();
        List<Damage> repaired = new ArrayList<>();
        long[] bytes = new long[1];
        cluster.admin().verifyReplicas(new Verification.Request("", deep, 0), new Verification.Listener() {
            @Override
            public void progress(Verification.Progress progress) {
                bytes[0] = progress.bytesRead();
            }

            @Override
            public void damaged(Damage damage) {
                damaged.add(damage);
            }

            @Override
            public void repaired(Damage damage) {
                repaired.add(damage);
            }

            @Override
            public void verdict(Shard shard) {
                shards.add(shard);
            }
        });
        return new Run(shards, damaged, repaired, bytes[0]);
    }

    @Test
    void replicasAreEqualWhileTheyAreWrittenAndOneThatRotsIsNamedAndRepaired(@TempDir Path directory) throws Exception {
        try (ForkedCluster cluster = ForkedCluster.start(directory, 3, "--set", "storage.scrub-rate=0")) {
            cluster.awaitHealthy();
            cluster.createTopic(NewTopic.of(TOPIC, 1).replicatedBy(3));
            cluster.createTopic(NewTopic.of("t", 6).replicatedBy(3));
            produce(cluster);
            underLoad(cluster);
            awaitEqual(cluster);

            int leader = cluster.leader(TOPIC, 0);
            int follower = cluster.ids().stream()
                    .filter(id -> id != leader)
                    .findFirst()
                    .orElseThrow();
            flip(cluster, follower, 0);
            namedAndRepaired(cluster, follower, "a running follower");

            cluster.stop(follower);
            flip(cluster, follower, 1);
            cluster.restart(follower);
            cluster.awaitHealthy();
            namedAndRepaired(cluster, follower, "a stopped follower");

            aLeaderThatIsReadRepairsItself(cluster, leader);
        }
    }

    /** While records are appended as fast as may be, the comparison is exact. */
    private static void underLoad(ForkedCluster cluster) {
        try (Workload load = new Workload(cluster.bootstrap(), "t", new Workload.Size(2, 2, 6, 24, 500, 200))) {
            load.start();
            load.awaitProgress(Duration.ofSeconds(60));
            int equal = 0;
            long begin = System.nanoTime();
            for (int round = 0; round < 5; round++) {
                Run run = verify(cluster, false);
                assertThat(run.shards())
                        .noneMatch(each ->
                                each.agreement() == Agreement.DIFFERENT || each.agreement() == Agreement.DAMAGED);
                equal += run.isEqual() ? 1 : 0;
            }
            System.out.printf(
                    "verify: under load %d of 5 runs equal, none different; %d ms each%n",
                    equal, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin) / 5);
            assertThat(equal).isPositive();
            load.finish();
        }
    }

    private static void awaitEqual(ForkedCluster cluster) {
        await().atMost(REPAIRED).pollInterval(Duration.ofMillis(500)).untilAsserted(() -> {
            long begin = System.nanoTime();
            Run run = verify(cluster, true);
            assertThat(run.shards()).allMatch(each -> each.agreement() == Agreement.EQUAL);
            assertThat(run.shards()).allMatch(each -> each.replicas().size() == 3);
            assertThat(run.damaged()).isEmpty();
            System.out.printf(
                    "verify: deep: equal; %.1f MB of three replicas read in %d ms%n",
                    run.bytesRead() / 1e6, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin));
        });
    }

    private static void namedAndRepaired(ForkedCluster cluster, int broker, String what) {
        long before = repaired(cluster, broker);
        Run run = verify(cluster, true);
        assertThat(run.damaged()).isNotEmpty().allSatisfy(each -> {
            assertThat(each.broker()).isEqualTo(broker);
            assertThat(each.topic()).isEqualTo(TOPIC);
        });
        assertThat(run.isEqual()).isFalse();
        long begin = System.nanoTime();
        await().atMost(REPAIRED).pollInterval(Duration.ofMillis(200)).untilAsserted(() -> {
            Run again = verify(cluster, true);
            assertThat(again.damaged()).isEmpty();
            assertThat(again.isEqual()).isTrue();
            assertThat(again.repaired()).anyMatch(each -> each.broker() == broker);
        });
        assertThat(repaired(cluster, broker)).isGreaterThan(before);
        Damage first = run.damaged().get(0);
        System.out.printf(
                "verify: a bit flipped in %s: named %s/%d offsets %d to %d in %s of broker %d; equal again after %d ms%n",
                what,
                first.topic(),
                first.partition(),
                first.firstOffset(),
                first.lastOffset(),
                first.file(),
                first.broker(),
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin));
    }

    private static long repaired(ForkedCluster cluster, int broker) {
        return verify(cluster, false).shards().stream()
                .flatMap(shard -> shard.replicas().stream())
                .filter(replica -> replica.broker() == broker)
                .mapToLong(Verification.Replica::repairedExtents)
                .sum();
    }

    /** Nothing looks for the damage but the consumer, who does not notice it. */
    private static void aLeaderThatIsReadRepairsItself(ForkedCluster cluster, int leader) throws IOException {
        cluster.stop(leader);
        for (int part = 0; part < PARTS; part++) {
            flip(cluster, leader, part);
        }
        cluster.restart(leader);
        cluster.awaitHealthy();
        await().atMost(REPAIRED)
                .pollInterval(Duration.ofMillis(200))
                .untilAsserted(() -> assertThat(cluster.leader(TOPIC, 0)).isEqualTo(leader));
        readAll(cluster);
        long repaired = repaired(cluster, leader);
        assertThat(repaired).isPositive();
        System.out.printf(
                "verify: three bits flipped in the leader: a consumer read all %d records as written; %d extents repaired%n",
                RECORDS, repaired);
        awaitEqual(cluster);
    }

    @Test
    void theScrubFindsWhatNobodyReads(@TempDir Path directory) throws Exception {
        try (ForkedCluster cluster = ForkedCluster.start(directory, 3, "--set", "storage.scrub-interval=1s")) {
            cluster.awaitHealthy();
            cluster.createTopic(NewTopic.of(TOPIC, 1).replicatedBy(3));
            produce(cluster);
            int follower = cluster.ids().stream()
                    .filter(id -> id != cluster.leader(TOPIC, 0))
                    .findFirst()
                    .orElseThrow();
            flip(cluster, follower, 0);
            long begin = System.nanoTime();
            await().atMost(REPAIRED)
                    .pollInterval(Duration.ofMillis(500))
                    .untilAsserted(() -> assertThat(repaired(cluster, follower)).isPositive());
            System.out.printf(
                    "verify: the scrub, once a second, found and repaired a flipped bit after %d ms%n",
                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin));
            awaitEqual(cluster);
        }
    }

    private static void produce(ForkedCluster cluster) {
        try (MillraceClient client = Millrace.connect(cluster.bootstrap());
                Producer producer = client.newProducer()) {
            await().atMost(REPAIRED)
                    .ignoreExceptions() // a broker may show a topic a little later than another
                    .until(() ->
                            client.admin().describeTopic(TOPIC).partitions().size() == 1);
            AtomicReference<Throwable> failure = new AtomicReference<>();
            for (int i = 0; i < RECORDS; i++) {
                producer.send(
                        ProducerRecord.of(TOPIC, value(i)), (metadata, error) -> failure.compareAndSet(null, error));
                if (i % RECORDS_IN_A_FLUSH == RECORDS_IN_A_FLUSH - 1) {
                    producer.flush();
                }
            }
            producer.flush();
            assertThat(failure.get()).as("nothing failed before the damage").isNull();
        }
    }

    private static void readAll(ForkedCluster cluster) {
        try (MillraceClient client = Millrace.connect(cluster.bootstrap());
                Consumer consumer = client.newConsumer()) {
            consumer.assign(List.of(PARTITION));
            consumer.seekToStart(List.of(PARTITION));
            int read = 0;
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (read < RECORDS && System.nanoTime() < deadline) {
                for (ConsumerRecord record : consumer.poll(Duration.ofMillis(500))) {
                    assertThat(record.value()).as("offset %d", record.offset()).isEqualTo(value((int) record.offset()));
                    read++;
                }
            }
            assertThat(read).isEqualTo(RECORDS);
        }
    }

    private static byte[] value(int i) {
        byte[] value = new byte[256];
        Arrays.fill(value, (byte) i);
        ByteBuffer.wrap(value).put(MARK).putInt(i);
        return value;
    }

    /** Flips a bit of a record of the topic in the segment file of one broker, whether it runs or not; in this part of its records. */
    private static void flip(ForkedCluster cluster, int broker, int part) throws IOException {
        SplittableRandom random = new SplittableRandom(SEED + part);
        Path segment = null;
        List<Integer> places = List.of();
        try (Stream<Path> files = Files.walk(cluster.data(broker))) {
            for (Path each : files.filter(file ->
                            file.toString().endsWith(".seg") && !file.toString().contains(".moved"))
                    .toList()) {
                List<Integer> found = places(Files.readAllBytes(each));
                if (found.size() > places.size()) {
                    segment = each;
                    places = found;
                }
            }
        }
        if (segment == null) {
            throw new AssertionError("no record in the files of broker " + broker);
        }
        int place = places.get((part * places.size() + random.nextInt(places.size())) / PARTS);
        try (RandomAccessFile open = new RandomAccessFile(segment.toFile(), "rw")) {
            open.seek(place);
            int old = open.read();
            open.seek(place);
            open.write(old ^ (1 << random.nextInt(8)));
        }
    }

    private static List<Integer> places(byte[] bytes) {
        List<Integer> places = new ArrayList<>();
        for (int i = 0; i + MARK.length <= bytes.length; i++) {
            if (bytes[i] == MARK[0] && Arrays.equals(bytes, i, i + MARK.length, MARK, 0, MARK.length)) {
                places.add(i);
            }
        }
        return places;
    }
}
