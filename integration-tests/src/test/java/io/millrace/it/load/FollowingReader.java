package io.millrace.it.load;

import io.millrace.client.Consumer;
import io.millrace.client.ConsumerRecord;
import io.millrace.client.MillraceClient;
import io.millrace.client.MillraceException;
import io.millrace.it.check.History;
import java.time.Duration;
import java.util.List;

/** Reads the whole topic along with its writers, with one consumer that is never made again. */
final class FollowingReader extends Worker {
    private final String topic;
    private final String name;
    private final History history;

    FollowingReader(MillraceClient client, String topic, String name, History history) {
        super(client, name);
        this.topic = topic;
        this.name = name;
        this.history = history;
    }

    @Override
    void work(MillraceClient with) {
        try (Consumer consumer = with.newConsumer()) {
            assign(consumer);
            boolean more = true;
            while (more || !isEnding()) {
                List<ConsumerRecord> records = poll(consumer);
                records.forEach(each -> history.readAlong(new History.Live(name, Values.seen(each))));
                more = !records.isEmpty();
            }
        }
    }

    private void assign(Consumer consumer) {
        while (!isEnding()) {
            try {
                consumer.assign(topic);
                return;
            } catch (MillraceException e) {
                retryable(e);
            }
        }
    }

    private List<ConsumerRecord> poll(Consumer consumer) {
        try {
            return consumer.poll(Duration.ofMillis(500));
        } catch (MillraceException e) {
            // To find the start offset takes a leader.
            retryable(e);
            return List.of();
        }
    }

    private static void retryable(MillraceException e) {
        if (!e.code().isRetryable()) {
            throw e;
        }
        nap(50);
    }
}
