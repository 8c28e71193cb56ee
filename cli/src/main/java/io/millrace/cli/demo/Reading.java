package io.millrace.cli.demo;

import io.millrace.cli.source.RecordSource;
import io.millrace.client.ConsumerRecord;
import io.millrace.client.TopicPartition;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;

/** Reads a source up to its ends, or until enough was read, and gives up where nothing comes. For one thread. */
final class Reading {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final RecordSource source;
    private final Map<TopicPartition, Long> ends;
    private final LongSupplier nanos;

    /** @param ends one above the last offset to read, of each partition */
    Reading(RecordSource source, Map<TopicPartition, Long> ends, LongSupplier nanos) {
        this.source = source;
        this.ends = Map.copyOf(ends);
        this.nanos = nanos;
    }

    /**
     * Commits each answer before its records count: after a crash, what did not count is read again, and what counted is not.
     *
     * @param enough asked with the number of records that counted so far
     * @return whether the ends were reached
     */
    boolean read(Consumer<ConsumerRecord> sink, LongPredicate enough) throws IOException {
        Set<TopicPartition> open = new HashSet<>(ends.keySet());
        open.removeIf(this::atEnd);
        long count = 0;
        long lastNanos = nanos.getAsLong();
        while (!open.isEmpty() && !enough.test(count)) {
            List<ConsumerRecord> records = source.poll(POLL);
            long now = nanos.getAsLong();
            if (records.isEmpty() && now - lastNanos > PATIENCE.toNanos()) {
                throw new IOException(
                        "no record came for " + PATIENCE.toSeconds() + " s; " + open + " are not at their end");
            }
            if (!records.isEmpty()) {
                lastNanos = now;
                commit(records);
                records.forEach(sink);
                count += records.size();
            }
            open.removeIf(this::atEnd);
        }
        return open.isEmpty();
    }

    private void commit(List<ConsumerRecord> records) {
        Map<TopicPartition, Long> positions = new HashMap<>();
        for (ConsumerRecord record : records) {
            positions.put(record.topicPartition(), record.offset() + 1);
        }
        source.commit(positions);
    }

    private boolean atEnd(TopicPartition partition) {
        return source.position(partition) >= ends.getOrDefault(partition, 0L);
    }
}
