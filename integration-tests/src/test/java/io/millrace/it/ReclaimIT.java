package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.client.Consumer;
import io.millrace.client.Millrace;
import io.millrace.client.MillraceClient;
import io.millrace.client.NewTopic;
import io.millrace.client.Producer;
import io.millrace.client.ProducerRecord;
import io.millrace.it.cluster.ForkedBroker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A topic that is deleted gives its space back, on a broker where nothing else happens, and what other topics hold stays. */
class ReclaimIT {
    private static final int SEGMENT_BYTES = 1 << 20;
    private static final int RECORDS = 120;
    private static final int RECORD_BYTES = 64 << 10;

    @Test
    void aDeletedTopicGivesItsSpaceBack(@TempDir Path directory) throws Exception {
        try (ForkedBroker broker = ForkedBroker.in(directory)
                        .with("--set", "storage.segment-bytes=" + SEGMENT_BYTES)
                        .start();
                MillraceClient client = Millrace.connect(broker.bootstrap())) {
            client.admin().createTopic(NewTopic.of("kept", 1));
            client.admin().createTopic(NewTopic.of("dropped", 2));
            fill(client, "kept", 1);
            fill(client, "dropped", RECORDS);
            long before = segmentBytes(broker.data());
            assertThat(before).isGreaterThan((long) RECORDS * RECORD_BYTES);

            client.admin().deleteTopic("dropped");
            await().atMost(Duration.ofSeconds(90))
                    .pollInterval(Duration.ofMillis(250))
                    .untilAsserted(() -> assertThat(segmentBytes(broker.data()))
                            .as("the first file holds the other topic, the last one is open")
                            .isLessThanOrEqualTo(3L * SEGMENT_BYTES));
            assertThat(client.admin().describeTopic("kept").partitions().get(0).logEnd())
                    .isEqualTo(1);
            System.out.printf(
                    "reclaim: %.1f MB of segment files before the topic was deleted, %.1f after%n",
                    before / 1e6, segmentBytes(broker.data()) / 1e6);
        }
    }

    /** Every file holds both topics, so that no file dies with one of them: what is live is moved. */
    @Test
    void aDeletedTopicGivesItsSpaceBackThoughItSharesEveryFile(@TempDir Path directory) throws Exception {
        try (ForkedBroker broker = ForkedBroker.in(directory)
                .with("--set", "storage.segment-bytes=" + SEGMENT_BYTES)
                .start()) {
            try (MillraceClient client = Millrace.connect(broker.bootstrap())) {
                client.admin().createTopic(NewTopic.of("kept", 1));
                client.admin().createTopic(NewTopic.of("dropped", 1));
                fillInTurn(client, "kept", "dropped");
            }
            long live = (long) RECORDS * RECORD_BYTES;
            long before = segmentBytes(broker.data());
            assertThat(before).isGreaterThan(2 * live);
            try (MillraceClient client = Millrace.connect(broker.bootstrap())) {
                client.admin().deleteTopic("dropped");
            }
            long bound = live * 11 / 10 + 2L * SEGMENT_BYTES;
            await().atMost(Duration.ofSeconds(150))
                    .pollInterval(Duration.ofMillis(250))
                    .untilAsserted(() -> assertThat(segmentBytes(broker.data()))
                            .as("the live bytes and two segments")
                            .isLessThanOrEqualTo(bound));
            long after = segmentBytes(broker.data());
            assertWhole(broker);
            broker.kill();
            try (ForkedBroker again = broker.restart()) {
                assertWhole(again);
                assertThat(segmentBytes(again.data())).isLessThanOrEqualTo(bound);
                System.out.printf(
                        "reclaim: %.1f MB of segment files shared by two topics before one was deleted, %.1f after, %.1f live;"
                                + " %d records read back, and again after kill -9%n",
                        before / 1e6, after / 1e6, live / 1e6, RECORDS);
            }
        }
    }

    private static void fillInTurn(MillraceClient client, String... topics) throws Exception {
        try (Producer producer = client.newProducer()) {
            for (int i = 0; i < RECORDS; i++) {
                List<CompletableFuture<?>> sent = new ArrayList<>();
                for (String topic : topics) {
                    sent.add(producer.send(ProducerRecord.of(topic, value(i))));
                }
                for (CompletableFuture<?> each : sent) {
                    each.get(30, TimeUnit.SECONDS);
                }
            }
        }
    }

    private static byte[] value(int number) {
        byte[] value = new byte[RECORD_BYTES];
        new SplittableRandom(number).nextBytes(value);
        return value;
    }

    private static void assertWhole(ForkedBroker broker) {
        try (MillraceClient client = Millrace.connect(broker.bootstrap());
                Consumer consumer = client.newConsumer()) {
            consumer.assign("kept");
            consumer.seekToStart(consumer.assignment());
            List<byte[]> values = new ArrayList<>();
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (values.size() < RECORDS && System.nanoTime() < deadline) {
                consumer.poll(Duration.ofMillis(200)).forEach(record -> values.add(record.value()));
            }
            assertThat(values).hasSize(RECORDS);
            for (int i = 0; i < RECORDS; i++) {
                assertThat(values.get(i)).as("record " + i).isEqualTo(value(i));
            }
        }
    }

    private static void fill(MillraceClient client, String topic, int records) throws Exception {
        byte[] value = new byte[RECORD_BYTES];
        try (Producer producer = client.newProducer()) {
            for (int i = 0; i < records; i++) {
                producer.send(ProducerRecord.of(topic, value)).get(30, TimeUnit.SECONDS);
            }
        }
    }

    private static long segmentBytes(Path data) {
        try (Stream<Path> files = Files.walk(data)) {
            return files.filter(file -> file.toString().contains("/log/"))
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
