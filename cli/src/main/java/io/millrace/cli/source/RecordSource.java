package io.millrace.cli.source;

import io.millrace.client.ConsumerRecord;
import io.millrace.client.TopicPartition;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Where records come from: a consumer, or a list in tests. For one thread. */
public interface RecordSource {
    /** Empty when the timeout has passed. */
    List<ConsumerRecord> poll(Duration timeout);

    /** The next offset that {@link #poll} returns; moves over offsets without a record. */
    long position(TopicPartition partition);

    /** Commits the next offset to read of each partition; does nothing without a group. */
    void commit(Map<TopicPartition, Long> positions);
}
