package io.millrace.cli.input;

import io.millrace.client.Header;
import io.millrace.client.ProducerRecord;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What all records of a run share.
 *
 * @param partition {@code null}: by the key
 */
public record RecordTemplate(String topic, @Nullable Integer partition, List<Header> headers) {

    ProducerRecord record(@Nullable Long timestampMillis, byte @Nullable [] key, byte[] value) {
        return new ProducerRecord(topic, partition, timestampMillis, key, value, headers);
    }
}
