package io.millrace.it.load;

import io.millrace.client.ClientConfig;
import io.millrace.client.Consumer;
import io.millrace.client.ConsumerRecord;
import io.millrace.client.Millrace;
import io.millrace.client.MillraceClient;
import io.millrace.client.MillraceException;
import io.millrace.client.TopicPartition;
import io.millrace.it.check.History;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * Producers, readers that follow, and a group that commits, all over one topic, each with a client of its own. {@link #finish} ends them and then reads the whole topic into the {@link History}.
 */
public final class Workload implements AutoCloseable {
    /** How much of it there is. {@code rate} is sends a second, of each producer. */
    public record Size(int producers, int readers, int partitions, int keys, int rate, int valueBytes) {}

    private final String bootstrap;
    private final String topic;
    private final Size size;
    private final History history = new History();
    private final Gaps gaps;
    private final List<Worker> producers = new ArrayList<>();
    private final List<Worker> readers = new ArrayList<>();

    public Workload(String bootstrap, String topic, Size size) {
        this.bootstrap = bootstrap;
        this.topic = topic;
        this.size = size;
        this.gaps = new Gaps(size.partitions());
    }

    /** Begins; the topic is there. */
    public void start() {
        for (int i = 0; i < size.readers(); i++) {
            readers.add(new FollowingReader(client(), topic, "reader-" + i, history));
        }
        readers.add(new GroupReader(client(), topic, "group", history));
        for (int i = 0; i < size.producers(); i++) {
            producers.add(new PacedProducer(client(), topic, i, size, history, gaps));
        }
        gaps.begin();
        readers.forEach(Worker::start);
        producers.forEach(Worker::start);
    }

    private MillraceClient client() {
        return Millrace.connect(ClientConfig.builder()
                .bootstrap(bootstrap)
                .requestTimeout(Duration.ofSeconds(10))
                .build());
    }

    public Gaps gaps() {
        return gaps;
    }

    public History history() {
        return history;
    }

    /** Lets it run for a while. */
    public void runFor(Duration duration) {
        Worker.nap(duration.toMillis());
    }

    /** Waits until every partition has had an acknowledgement again; returns how long that took, in milliseconds. */
    public long awaitProgress(Duration deadline) {
        long begin = System.nanoTime();
        while (!gaps.allSince(begin)) {
            if (System.nanoTime() - begin > deadline.toNanos()) {
                throw new IllegalStateException("no acknowledgement on every partition within " + deadline);
            }
            Worker.nap(5);
        }
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
    }

    /** Ends the producers, lets the readers come to the end, and reads everything once more. The cluster is whole. */
    public void finish() {
        producers.forEach(Worker::finish);
        readers.forEach(Worker::finish);
        readAll();
    }

    private void readAll() {
        List<TopicPartition> partitions = IntStream.range(0, size.partitions())
                .mapToObj(each -> new TopicPartition(topic, each))
                .toList();
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        try (MillraceClient client = client();
                Consumer consumer = client.newConsumer()) {
            consumer.assign(partitions);
            consumer.seekToStart(partitions);
            long end = consumer.endOffsets(partitions).values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
            long count = 0;
            while (count < end && System.nanoTime() < deadline) {
                for (ConsumerRecord record : consumer.poll(Duration.ofMillis(200))) {
                    history.read(Values.seen(record));
                    count++;
                }
            }
            if (count < end) {
                throw new IllegalStateException("only " + count + " of " + end + " records could be read");
            }
            client.admin().positions(GroupReader.GROUP, topic).forEach(each -> {
                if (each.position() >= 0) {
                    history.position(new History.Position(
                            each.topicPartition().partition(), each.position(), History.Kind.FOUND));
                }
            });
        } catch (MillraceException e) {
            throw new IllegalStateException("the topic cannot be read in the end", e);
        }
    }

    @Override
    public void close() {
        producers.forEach(Worker::close);
        readers.forEach(Worker::close);
    }
}
