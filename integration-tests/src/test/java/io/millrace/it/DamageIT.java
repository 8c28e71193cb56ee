package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.Consumer;
import io.millrace.client.ConsumerRecord;
import io.millrace.client.CorruptDataException;
import io.millrace.client.Millrace;
import io.millrace.client.MillraceClient;
import io.millrace.client.NewTopic;
import io.millrace.client.Producer;
import io.millrace.client.ProducerRecord;
import io.millrace.client.TopicPartition;
import io.millrace.it.cluster.ForkedBroker;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Stored bytes that rot on a single node, where no peer can help: the damaged offsets answer CORRUPT, all others are served, and what is served is what
 * was written.
 */
class DamageIT {
    private static final String TOPIC = "rot";
    private static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);
    private static final int RECORDS = 4_000;
    private static final int RECORDS_IN_A_FLUSH = 100;
    private static final long SEED = Long.getLong("millrace.seed", 20261125L);

    @Test
    void aFlippedBitInASegmentCostsTheDamagedOffsetsOnly(@TempDir Path directory) throws Exception {
        for (int round = 0; round < 3; round++) {
            SplittableRandom random = new SplittableRandom(SEED + round);
            Outcome outcome = damage(directory.resolve("flip-" + round), data -> {
                Path segment = segment(data);
                long size = Files.size(segment);
                flip(segment, random.nextLong(size / 4, size * 3 / 4), random.nextInt(8));
            });
            System.out.printf("damage: flipped bit in a segment: %s, -Dmillrace.seed=%d%n", outcome, SEED + round);
            assertThat(outcome.corrupt()).isBetween(0, RECORDS / 4);
            assertThat(outcome.served() + outcome.corrupt()).isEqualTo(RECORDS);
        }
    }

    @Test
    void aTruncatedSegmentCostsWhatWasCutOff(@TempDir Path directory) throws Exception {
        Outcome outcome = damage(directory, data -> {
            Path segment = segment(data);
            try (FileChannel channel = FileChannel.open(segment, StandardOpenOption.WRITE)) {
                channel.truncate(channel.size() / 2);
            }
        });
        System.out.printf("damage: segment cut in half: %s%n", outcome);
        assertThat(outcome.served()).isBetween(RECORDS / 4, RECORDS - 1);
        assertThat(outcome.served() + outcome.corrupt()).isEqualTo(RECORDS);
    }

    private interface Blow {
        void strike(Path data) throws IOException;
    }

    private record Outcome(int served, int corrupt) {
        @Override
        public String toString() {
            return served + " served as written, " + corrupt + " answered CORRUPT";
        }
    }

    private static Outcome damage(Path directory, Blow blow) throws Exception {
        ForkedBroker broker = ForkedBroker.in(directory).start();
        try {
            produce(broker);
            assertThat(broker.stop()).as("exit code of a planned stop").isEqualTo(ForkedBroker.ENDED_BY_SIGTERM);
            blow.strike(broker.data());
            broker = broker.restart();
            Outcome outcome = readAll(broker);
            appendsGoOn(broker);
            return outcome;
        } finally {
            broker.close();
        }
    }

    private static void produce(ForkedBroker broker) {
        try (MillraceClient client = Millrace.connect(broker.bootstrap());
                Producer producer = client.newProducer()) {
            client.admin().createTopic(NewTopic.of(TOPIC, 1));
            AtomicReference<Throwable> failure = new AtomicReference<>();
            for (int i = 0; i < RECORDS; i++) {
                producer.send(
                        ProducerRecord.of(TOPIC, value(i)), (metadata, error) -> failure.compareAndSet(null, error));
                if (i % RECORDS_IN_A_FLUSH == RECORDS_IN_A_FLUSH - 1) {
                    producer.flush();
                }
            }
            assertThat(failure.get()).as("nothing failed before the damage").isNull();
        }
    }

    private static Outcome readAll(ForkedBroker broker) {
        int served = 0;
        int corrupt = 0;
        try (MillraceClient client = Millrace.connect(broker.bootstrap());
                Consumer consumer = client.newConsumer()) {
            consumer.assign(List.of(PARTITION));
            consumer.seekToStart(List.of(PARTITION));
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (consumer.position(PARTITION) < RECORDS && System.nanoTime() < deadline) {
                try {
                    for (ConsumerRecord record : consumer.poll(Duration.ofMillis(500))) {
                        assertThat(record.value())
                                .as("offset %d", record.offset())
                                .isEqualTo(value((int) record.offset()));
                        served++;
                    }
                } catch (CorruptDataException e) {
                    long from = Math.max(consumer.position(PARTITION), e.corruptFrom());
                    assertThat(e.resumeAt())
                            .as("reading can go on: %s", e.getMessage())
                            .isGreaterThan(from);
                    corrupt += (int) (e.resumeAt() - from);
                    consumer.seek(PARTITION, e.resumeAt());
                }
            }
        }
        return new Outcome(served, corrupt);
    }

    private static void appendsGoOn(ForkedBroker broker) throws Exception {
        try (MillraceClient client = Millrace.connect(broker.bootstrap());
                Producer producer = client.newProducer()) {
            long offset = producer.send(ProducerRecord.of(TOPIC, value(RECORDS)))
                    .get(30, TimeUnit.SECONDS)
                    .offset();
            assertThat(offset).isEqualTo(RECORDS);
        }
    }

    private static byte[] value(int i) {
        byte[] value = new byte[256];
        Arrays.fill(value, (byte) i);
        ByteBuffer.wrap(value).putInt(i);
        return value;
    }

    /** The largest file below a shard's log folder: the one that holds the records. */
    private static Path segment(Path data) throws IOException {
        try (Stream<Path> files = Files.walk(data)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> file.toString().contains("/log/"))
                    .max(Comparator.comparingLong(file -> file.toFile().length()))
                    .orElseThrow();
        }
    }

    private static void flip(Path file, long position, int bit) throws IOException {
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            open.seek(position);
            int old = open.read();
            open.seek(position);
            open.write(old ^ (1 << bit));
        }
    }
}
