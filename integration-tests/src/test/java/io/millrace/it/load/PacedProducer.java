package io.millrace.it.load;

import io.millrace.client.MillraceClient;
import io.millrace.client.MillraceException;
import io.millrace.client.Producer;
import io.millrace.client.ProducerConfig;
import io.millrace.client.ProducerRecord;
import io.millrace.client.RecordMetadata;
import io.millrace.error.Effect;
import io.millrace.it.check.History;
import io.millrace.it.check.History.Fate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One producer that sends at a rate, to partitions and under keys in turn, and notes what became of each send. The partition of a key is fixed. */
final class PacedProducer extends Worker {
    private final String topic;
    private final int id;
    private final Workload.Size size;
    private final History history;
    private final Gaps gaps;

    PacedProducer(MillraceClient client, String topic, int id, Workload.Size size, History history, Gaps gaps) {
        super(client, "producer-" + id);
        this.topic = topic;
        this.id = id;
        this.size = size;
        this.history = history;
        this.gaps = gaps;
    }

    @Override
    void work(MillraceClient with) throws InterruptedException {
        ProducerConfig config = ProducerConfig.builder()
                .deliveryTimeout(Duration.ofSeconds(60))
                .maxBlock(Duration.ofSeconds(60))
                .build();
        try (Producer producer = with.newProducer(config)) {
            long begin = System.nanoTime();
            for (long sequence = 0; !isEnding(); sequence++) {
                send(producer, sequence);
                long ahead = begin + sequence * TimeUnit.SECONDS.toNanos(1) / size.rate() - System.nanoTime();
                if (ahead > 0) {
                    TimeUnit.NANOSECONDS.sleep(ahead);
                }
            }
        }
    }

    private void send(Producer producer, long sequence) {
        int key = (int) (sequence % size.keys());
        int partition = key % size.partitions();
        ProducerRecord record = new ProducerRecord(
                topic,
                partition,
                null,
                Values.key(id, key),
                Values.value(id, sequence, key, size.valueBytes()),
                List.of());
        try {
            producer.send(record, (metadata, error) -> settle(sequence, key, partition, metadata, error));
        } catch (MillraceException e) {
            // It was never taken: the buffer is full while the cluster is away.
            history.sent(new History.Send(id, sequence, key, partition, Fate.REFUSED, -1));
        }
    }

    private void settle(
            long sequence,
            int key,
            int partition,
            @Nullable RecordMetadata metadata,
            @Nullable MillraceException error) {
        if (metadata != null) {
            gaps.acknowledged(partition);
            history.sent(new History.Send(id, sequence, key, partition, Fate.ACKNOWLEDGED, metadata.offset()));
        } else {
            boolean refused = error != null && error.effect() == Effect.NOT_WRITTEN;
            history.sent(new History.Send(id, sequence, key, partition, refused ? Fate.REFUSED : Fate.UNKNOWN, -1));
        }
    }
}
