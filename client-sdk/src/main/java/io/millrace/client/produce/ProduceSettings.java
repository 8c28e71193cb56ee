package io.millrace.client.produce;

import io.millrace.client.cluster.Backoff;
import io.millrace.record.Compression;

/**
 * How a {@link RecordSender} works; see the client's ProducerConfig for the meaning of each.
 */
public record ProduceSettings(
        long bufferBytes,
        int batchBytes,
        int maxBatchBytes,
        long maxBlockNanos,
        long deliveryNanos,
        long requestNanos,
        Backoff backoff,
        Compression compression,
        int maxRequestsInFlight,
        int maxBatchesInFlight) {}
