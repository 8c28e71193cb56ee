package io.millrace.cli.source;

import io.millrace.client.Consumer;
import io.millrace.client.ConsumerRecord;
import io.millrace.client.TopicPartition;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Reads with a consumer of the client.
 *
 * @param commits it has claimed its partitions for a group
 */
public record ConsumerSource(Consumer consumer, boolean commits) implements RecordSource {
    @Override
    public List<ConsumerRecord> poll(Duration timeout) {
        return consumer.poll(timeout);
    }

    @Override
    public long position(TopicPartition partition) {
        return consumer.position(partition);
    }

    @Override
    public void commit(Map<TopicPartition, Long> positions) {
        if (commits && !positions.isEmpty()) {
            consumer.commit(positions);
        }
    }
}
