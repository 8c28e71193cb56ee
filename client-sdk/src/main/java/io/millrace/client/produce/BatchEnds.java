package io.millrace.client.produce;

import io.millrace.error.Fault;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends batches: tells the senders of their records, then lets the memory go. Each batch ends once. */
final class BatchEnds {
    private static final Logger LOG = LoggerFactory.getLogger(BatchEnds.class);

    private final Settlement settlement;
    private final BatchSource batches;

    BatchEnds(Settlement settlement, BatchSource batches) {
        this.settlement = settlement;
        this.batches = batches;
    }

    void delivered(PartitionQueue queue, OutboundBatch batch, long baseOffset, boolean duplicate) {
        endOnce(batch);
        try {
            settlement.delivered(
                    queue.topic(),
                    queue.partition(),
                    baseOffset,
                    duplicate,
                    batch.slots(),
                    batch.timestamps(),
                    batch.recordCount());
        } catch (RuntimeException e) {
            LOG.error("A callback of {} failed; the records are stored all the same", queue, e);
        }
        batches.end(batch, batch.isReusable());
    }

    void failed(OutboundBatch batch, Fault fault, boolean neverSent) {
        endOnce(batch);
        try {
            settlement.failed(fault, batch.slots(), batch.recordCount());
        } catch (RuntimeException e) {
            LOG.error("A callback failed while it was told of {}", fault, e);
        }
        // What was sent may still be read by the transport: its memory is left to the collector.
        batches.end(batch, neverSent);
    }

    private static void endOnce(OutboundBatch batch) {
        if (batch.ended()) {
            throw new IllegalStateException("the batch has ended before");
        }
        batch.end();
    }
}
