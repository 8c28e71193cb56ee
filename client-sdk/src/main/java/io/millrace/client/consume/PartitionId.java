package io.millrace.client.consume;

/** A partition by name. */
public record PartitionId(String topic, int partition) {
    @Override
    public String toString() {
        return "topic/" + topic + "/" + partition;
    }
}
