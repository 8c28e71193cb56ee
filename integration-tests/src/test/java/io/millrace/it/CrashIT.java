package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.Consumer;
import io.millrace.client.ConsumerRecord;
import io.millrace.client.Millrace;
import io.millrace.client.MillraceClient;
import io.millrace.client.NewTopic;
import io.millrace.client.Producer;
import io.millrace.client.ProducerRecord;
import io.millrace.client.TopicPartition;
import io.millrace.error.Effect;
import io.millrace.it.check.History;
import io.millrace.it.check.History.Fate;
import io.millrace.it.check.HistoryChecker;
import io.millrace.it.cluster.ForkedBroker;
import io.millrace.it.load.Workload;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * kill -9 of a real broker at a random instant under load, again and again on the same data: every acknowledged record is there exactly once, in order,
 * without a gap. {@code -Dmillrace.rounds} and {@code -Dmillrace.seed} choose how many, and which.
 */
class CrashIT {
    private static final String TOPIC = "crash";
    private static final int PARTITIONS = 3;
    private static final int ROUNDS = Integer.getInteger("millrace.rounds", 5);
    private static final long SEED = Long.getLong("millrace.seed", 20261125L);

    private final History history = new History();

    /** Each round has producers of its own, which die with the broker: what they did not see acknowledged is unknown. */
    @Test
    void acknowledgedRecordsSurviveKillsAtRandomInstants(@TempDir Path directory) throws Exception {
        ForkedBroker broker = ForkedBroker.in(directory).start();
        try {
            create(broker);
            for (int round = 0; round < ROUNDS; round++) {
                long seed = SEED + round;
                SplittableRandom random = new SplittableRandom(seed);
                Load load = new Load(broker, round, random.nextInt(1, 2000));
                load.start();
                long killAfterMillis = random.nextLong(50, 1500);
                load.runFor(Duration.ofMillis(killAfterMillis));
                broker.kill();
                load.endAsUnknown();

                broker = broker.restart();
                readAll(broker);
                List<String> violations = HistoryChecker.violations(history);
                System.out.printf(
                        "crash round %d/%d seed %d: killed after %d ms, %d acknowledged so far, %d read, %d violations%n",
                        round + 1,
                        ROUNDS,
                        seed,
                        killAfterMillis,
                        history.acknowledged(),
                        history.seen().size(),
                        violations.size());
                assertThat(violations)
                        .as("round %d, -Dmillrace.seed=%d", round, seed)
                        .isEmpty();
            }
            assertThat(history.acknowledged())
                    .as("the load reached the broker at all")
                    .isPositive();
        } finally {
            broker.close();
        }
    }

    /** One producer lives through all kills: with idempotence each record is acknowledged in the end, and stands there once. */
    @Test
    void aProducerThatLivesThroughKillsDoublesNothing(@TempDir Path directory) throws Exception {
        ForkedBroker broker = ForkedBroker.in(directory).start();
        try {
            create(broker);
            Load load = new Load(broker, 0, 300);
            load.start();
            SplittableRandom random = new SplittableRandom(SEED);
            for (int round = 0; round < Math.max(3, ROUNDS / 5); round++) {
                load.runFor(Duration.ofMillis(random.nextLong(300, 900)));
                broker.kill();
                broker = broker.restart();
            }
            load.runFor(Duration.ofMillis(500));
            load.endAcknowledged();
            readAll(broker);

            assertThat(HistoryChecker.violations(history))
                    .as("-Dmillrace.seed=%d", SEED)
                    .isEmpty();
            assertThat(history.sends())
                    .allSatisfy(send -> assertThat(send.fate()).isEqualTo(Fate.ACKNOWLEDGED));
            assertThat(history.seen()).hasSameSizeAs(history.sends());
        } finally {
            broker.close();
        }
    }

    /** Producers, readers that follow and a group that commits all live through kills: each sees what it must. */
    @Test
    void readersAndGroupsLiveThroughKills(@TempDir Path directory) {
        ForkedBroker broker = ForkedBroker.in(directory).start();
        try {
            create(broker);
            SplittableRandom random = new SplittableRandom(SEED);
            Workload.Size size = new Workload.Size(2, 1, PARTITIONS, 12, 500, 200);
            try (Workload load = new Workload(broker.bootstrap(), TOPIC, size)) {
                load.start();
                for (int round = 0; round < Math.max(3, ROUNDS / 5); round++) {
                    load.runFor(Duration.ofMillis(random.nextLong(500, 1500)));
                    broker.kill();
                    broker = broker.restart();
                    load.awaitProgress(Duration.ofSeconds(30));
                }
                load.finish();
                System.out.println("crash, with readers: " + load.history().summary());
                assertThat(HistoryChecker.violations(load.history()))
                        .as("-Dmillrace.seed=%d", SEED)
                        .isEmpty();
                assertThat(load.history().live()).isNotEmpty();
                assertThat(load.history().positions()).isNotEmpty();
            }
        } finally {
            broker.close();
        }
    }

    private static void create(ForkedBroker broker) {
        try (MillraceClient client = Millrace.connect(broker.bootstrap())) {
            client.admin().createTopic(NewTopic.of(TOPIC, PARTITIONS));
        }
    }

    private void readAll(ForkedBroker broker) {
        history.readAgain();
        try (MillraceClient client = Millrace.connect(broker.bootstrap());
                Consumer consumer = client.newConsumer()) {
            List<TopicPartition> partitions = new ArrayList<>();
            for (int partition = 0; partition < PARTITIONS; partition++) {
                partitions.add(new TopicPartition(TOPIC, partition));
            }
            consumer.assign(partitions);
            consumer.seekToStart(partitions);
            long end = consumer.endOffsets(partitions).values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (history.seen().size() < end && System.nanoTime() < deadline) {
                for (ConsumerRecord record : consumer.poll(Duration.ofMillis(200))) {
                    ByteBuffer value = ByteBuffer.wrap(record.value());
                    history.read(
                            new History.Seen(record.partition(), record.offset(), value.getInt(), value.getLong()));
                }
            }
            assertThat(history.seen())
                    .as("all records up to the end can be read")
                    .hasSize((int) end);
        }
    }

    /** One producer thread, at its own pace; partitions in turn. */
    private final class Load {
        private final MillraceClient client;
        private final Producer producer;
        private final int id;
        private final int extraBytes;
        private final AtomicBoolean stop = new AtomicBoolean();
        private final CountDownLatch ended = new CountDownLatch(1);

        Load(ForkedBroker broker, int id, int extraBytes) {
            this.client = Millrace.connect(broker.bootstrap());
            this.producer = client.newProducer();
            this.id = id;
            this.extraBytes = extraBytes;
        }

        void start() {
            Thread thread = new Thread(this::run, "load-" + id);
            thread.setDaemon(true);
            thread.start();
        }

        private void run() {
            try {
                for (long sequence = 0; !stop.get(); sequence++) {
                    send(sequence);
                    LockSupport.parkNanos(50_000);
                }
            } finally {
                ended.countDown();
            }
        }

        private void send(long sequence) {
            int partition = (int) (sequence % PARTITIONS);
            byte[] value = ByteBuffer.allocate(12 + extraBytes)
                    .putInt(id)
                    .putLong(sequence)
                    .array();
            try {
                producer.send(new ProducerRecord(TOPIC, partition, null, null, value, List.of()), (metadata, error) -> {
                    if (metadata != null) {
                        history.sent(new History.Send(id, sequence, partition, Fate.ACKNOWLEDGED, metadata.offset()));
                    } else {
                        boolean refused = error != null && error.effect() == Effect.NOT_WRITTEN;
                        history.sent(
                                new History.Send(id, sequence, partition, refused ? Fate.REFUSED : Fate.UNKNOWN, -1));
                    }
                });
            } catch (RuntimeException e) {
                // The bounded buffer is full while the broker is away, or the producer is closing: this record was
                // never taken.
                history.sent(new History.Send(id, sequence, partition, Fate.REFUSED, -1));
            }
        }

        void runFor(Duration duration) throws InterruptedException {
            if (ended.await(duration.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException("the load ended by itself");
            }
        }

        /** The broker is gone: nobody waits for it. */
        void endAsUnknown() throws InterruptedException {
            stop.set(true);
            producer.close(Duration.ZERO);
            client.close();
            assertThat(ended.await(30, TimeUnit.SECONDS))
                    .as("the load thread ended")
                    .isTrue();
        }

        void endAcknowledged() throws InterruptedException {
            stop.set(true);
            assertThat(ended.await(30, TimeUnit.SECONDS))
                    .as("the load thread ended")
                    .isTrue();
            producer.close(Duration.ofSeconds(60));
            client.close();
        }
    }
}
