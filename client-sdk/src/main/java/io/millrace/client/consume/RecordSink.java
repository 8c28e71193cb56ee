package io.millrace.client.consume;

import io.millrace.record.RecordHeader;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Takes records one by one, in the order of their offsets in each partition. The arrays are its own. */
@FunctionalInterface
public interface RecordSink {
    void record(
            String topic,
            int partition,
            long offset,
            long timestamp,
            byte @Nullable [] key,
            byte @Nullable [] value,
            List<RecordHeader> headers,
            int leaderEpoch);
}
