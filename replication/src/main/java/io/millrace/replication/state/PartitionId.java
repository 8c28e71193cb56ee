package io.millrace.replication.state;

import java.util.UUID;

/**
 * A partition, for ever: the id of its topic and its number in it. A topic that is deleted and made again has another id.
 *
 * @param number 0..n-1, never reused
 */
public record PartitionId(UUID topic, int number) {
    public PartitionId {
        if (number < 0) {
            throw new IllegalArgumentException("not a partition number: " + number);
        }
    }

    @Override
    public String toString() {
        return topic + "/" + number;
    }
}
