package io.millrace.client;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A record to be sent. Arrays are not copied here but by {@link Producer#send}: once it has returned, the caller may use them again.
 *
 * @param partition {@code null}: by the key's hash as the topic's placement says; without a key, one that the producer chooses
 * @param timestampMillis since the epoch; {@code null}: the time of the send
 */
public record ProducerRecord(
        String topic,
        @Nullable Integer partition,
        @Nullable Long timestampMillis,
        byte @Nullable [] key,
        byte @Nullable [] value,
        List<Header> headers) {

    public static ProducerRecord of(String topic, byte @Nullable [] value) {
        return new ProducerRecord(topic, null, null, null, value, List.of());
    }

    public static ProducerRecord of(String topic, byte @Nullable [] key, byte @Nullable [] value) {
        return new ProducerRecord(topic, null, null, key, value, List.of());
    }

    /** The same record for a partition that the caller chooses. */
    public ProducerRecord toPartition(int chosen) {
        return new ProducerRecord(topic, chosen, timestampMillis, key, value, headers);
    }

    /** The same record with a time of its own, milliseconds since the epoch. */
    public ProducerRecord atTime(long millis) {
        return new ProducerRecord(topic, partition, millis, key, value, headers);
    }

    /** The same record with these headers in the place of its own. */
    public ProducerRecord withHeaders(List<Header> others) {
        return new ProducerRecord(topic, partition, timestampMillis, key, value, others);
    }
}
