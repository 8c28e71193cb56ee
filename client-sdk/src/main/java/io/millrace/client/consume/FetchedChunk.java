package io.millrace.client.consume;

import io.millrace.error.Fault;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What one answer said of one partition: batches, or why there are none. Immutable, but for the buffer's bytes, which nobody changes.
 *
 * @param life of the partition when it was asked for
 * @param endOffset behind the last batch
 */
record FetchedChunk(
        PartitionFetch partition,
        long life,
        @Nullable ByteBuffer batches,
        long endOffset,
        @Nullable Fault fault) {

    int bytes() {
        return batches == null ? 0 : batches.remaining();
    }

    boolean isStale() {
        return life != partition.life();
    }
}
