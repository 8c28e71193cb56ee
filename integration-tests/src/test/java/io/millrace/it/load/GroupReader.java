package io.millrace.it.load;

import io.millrace.client.ClaimedPosition;
import io.millrace.client.Consumer;
import io.millrace.client.ConsumerRecord;
import io.millrace.client.MillraceClient;
import io.millrace.client.MillraceException;
import io.millrace.client.StartAt;
import io.millrace.client.TopicPartition;
import io.millrace.error.ErrorCode;
import io.millrace.it.check.History;
import io.millrace.it.check.History.Kind;
import io.millrace.it.check.History.Position;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** The one member of a group: claims all partitions, reads and commits, and now and then begins anew as another member. */
final class GroupReader extends Worker {
    static final String GROUP = "load";
    private static final long LIFE_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final String topic;
    private final String name;
    private final History history;
    private int lives;

    GroupReader(MillraceClient client, String topic, String name, History history) {
        super(client, name);
        this.topic = topic;
        this.name = name;
        this.history = history;
    }

    @Override
    void work(MillraceClient with) {
        while (!isEnding()) {
            try (Consumer consumer = with.newConsumer()) {
                live(consumer, name + "-" + lives++, with);
            } catch (MillraceException e) {
                // A claim of an earlier life whose answer was lost may be carried out late.
                if (!e.code().isRetryable() && e.code() != ErrorCode.FENCED) {
                    throw e;
                }
                nap(50);
            }
        }
    }

    private void live(Consumer consumer, String life, MillraceClient with) {
        int count = with.admin().describeTopic(topic).partitions().size();
        List<TopicPartition> all = IntStream.range(0, count)
                .mapToObj(each -> new TopicPartition(topic, each))
                .toList();
        Map<TopicPartition, ClaimedPosition> claimed = consumer.claim(GROUP, all, StartAt.start());
        claimed.forEach((partition, found) ->
                history.position(new Position(partition.partition(), found.position(), Kind.FOUND)));
        long until = System.nanoTime() + LIFE_NANOS;
        Map<TopicPartition, Long> next = new HashMap<>();
        while (System.nanoTime() < until && !isEnding()) {
            for (ConsumerRecord each : consumer.poll(Duration.ofMillis(200))) {
                history.readAlong(new History.Live(life, Values.seen(each)));
                next.put(each.topicPartition(), each.offset() + 1);
            }
            if (!next.isEmpty()) {
                consumer.commit(next);
                next.forEach((partition, position) ->
                        history.position(new Position(partition.partition(), position, Kind.COMMITTED)));
                next.clear();
            }
        }
    }
}
