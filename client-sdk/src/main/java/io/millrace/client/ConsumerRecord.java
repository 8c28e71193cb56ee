package io.millrace.client;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A record as it was read. The arrays belong to the caller.
 *
 * @param timestampMillis since the epoch
 * @param leaderEpoch of the leader that took the record in
 */
public record ConsumerRecord(
        String topic,
        int partition,
        long offset,
        long timestampMillis,
        byte @Nullable [] key,
        byte @Nullable [] value,
        List<Header> headers,
        int leaderEpoch) {

    public TopicPartition topicPartition() {
        return new TopicPartition(topic, partition);
    }
}
