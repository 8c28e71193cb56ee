package mrbench;

import io.millrace.client.Admin;
import io.millrace.client.Consumer;
import io.millrace.client.ConsumerRecord;
import io.millrace.client.InvalidRequestException;
import io.millrace.client.Millrace;
import io.millrace.client.MillraceClient;
import io.millrace.client.NewTopic;
import io.millrace.client.ProducerRecord;
import io.millrace.client.TopicPartition;
import io.millrace.error.ErrorCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** Drives Millrace through its public client, with its defaults and nothing else. Option: bootstrap. */
public final class MillraceDriver implements Driver {
    private MillraceClient client;

    @Override
    public void open(Map<String, String> options) {
        client = Millrace.connect(options.getOrDefault("bootstrap", "127.0.0.1:17071,127.0.0.1:17072,127.0.0.1:17073"));
    }

    @Override
    public boolean copiesPayload() {
        return true;
    }

    @Override
    public void create(String topic, int partitions, int replication) {
        try {
            client.admin().createTopic(NewTopic.of(topic, partitions).replicatedBy(replication));
        } catch (InvalidRequestException e) {
            if (e.code() != ErrorCode.TOPIC_ALREADY_EXISTS) {
                throw e;
            }
        }
    }

    @Override
    public Producer producer(String topic, int partitions) {
        io.millrace.client.Producer producer = client.newProducer();
        return new Producer() {
            @Override
            public void send(int partition, byte[] payload, Ack ack) {
                producer.send(
                        new ProducerRecord(topic, partition < 0 ? null : partition, null, null, payload, List.of()),
                        (metadata, error) -> ack.done(error));
            }

            @Override
            public void flush() {
                producer.flush();
            }

            @Override
            public void close() {
                producer.close(Duration.ofSeconds(5));
            }
        };
    }

    @Override
    public void consume(String topic, int partitions, boolean fromStart, Sink sink, BooleanSupplier stop) {
        try (Consumer consumer = client.newConsumer()) {
            List<TopicPartition> assigned = new ArrayList<>();
            for (int partition = 0; partition < partitions; partition++) {
                assigned.add(new TopicPartition(topic, partition));
            }
            consumer.assign(assigned);
            if (fromStart) {
                consumer.seekToStart(assigned);
            } else {
                consumer.seekToEnd(assigned);
            }
            while (!stop.getAsBoolean()) {
                for (ConsumerRecord record : consumer.poll(Duration.ofMillis(100))) {
                    sink.record(record.value(), record.partition());
                }
            }
        }
    }

    @Override
    public int leader(String topic, int partition) {
        Admin admin = client.admin();
        return admin.describeTopic(topic).partitions().get(partition).leader();
    }

    @Override
    public void close() {
        client.close();
    }
}
