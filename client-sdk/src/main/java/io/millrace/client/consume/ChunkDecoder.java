package io.millrace.client.consume;

import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.record.BatchHeader;
import io.millrace.record.BatchReader;
import io.millrace.record.DecodeLimits;
import io.millrace.record.InvalidBatchException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Turns fetched batches into records, as many at a time as are asked for: values are copied once, out of the array that came from the network. Checks each batch's CRC again. Control batches and
 * records below the position never come out. Owned by the thread that polls.
 */
final class ChunkDecoder {
    private final BatchReader reader = new BatchReader(DecodeLimits.DEFAULT);
    private @Nullable FetchedChunk chunk;
    private int nextBatch;
    private @Nullable BatchHeader batch;

    /** Begins with a chunk, whose batches are there. */
    void open(FetchedChunk fresh) {
        chunk = fresh;
        ByteBuffer bytes = fresh.batches();
        nextBatch = bytes == null ? 0 : bytes.position();
        batch = null;
    }

    @Nullable
    FetchedChunk chunk() {
        return chunk;
    }

    void drop() {
        chunk = null;
        batch = null;
    }

    /** Where a run of {@link #decode} ended. */
    record Progress(
            int records,
            long position,
            int leaderEpoch,
            boolean atEnd,
            @Nullable Fault fault) {}

    /** Hands out at most so many records from {@code position} on. After a fault, the chunk has no more. */
    Progress decode(long position, int max, RecordSink sink) {
        FetchedChunk from = chunk;
        ByteBuffer bytes = from == null ? null : from.batches();
        if (from == null || bytes == null) {
            return new Progress(0, position, -1, true, null);
        }
        PartitionId id = from.partition().id();
        long next = position;
        int epoch = -1;
        int count = 0;
        try {
            while (count < max) {
                BatchHeader current = batch;
                if (current == null) {
                    if (nextBatch >= bytes.limit()) {
                        return new Progress(count, Math.max(next, from.endOffset()), epoch, true, null);
                    }
                    current = openBatch(bytes, next);
                    if (current == null) {
                        continue;
                    }
                }
                epoch = current.partitionLeaderEpoch();
                while (count < max && reader.next()) {
                    long offset = reader.offset();
                    if (offset >= next) {
                        sink.record(
                                id.topic(),
                                id.partition(),
                                offset,
                                reader.timestamp(),
                                reader.key(),
                                reader.value(),
                                reader.headers(),
                                epoch);
                        next = offset + 1;
                        count++;
                    }
                }
                if (count < max) {
                    next = Math.max(next, current.lastOffset() + 1);
                    batch = null;
                }
            }
            return new Progress(count, next, epoch, false, null);
        } catch (InvalidBatchException e) {
            return new Progress(count, next, epoch, true, damaged(id, next, e));
        }
    }

    /** Opens the next batch; {@code null}: it has nothing to hand out. */
    private @Nullable BatchHeader openBatch(ByteBuffer bytes, long position) {
        BatchHeader header = BatchHeader.read(bytes, nextBatch);
        int at = nextBatch;
        nextBatch += header.sizeInBytes();
        if (header.lastOffset() < position || header.isControl() || header.recordCount() == 0) {
            return null;
        }
        batch = header;
        reader.open(bytes, at);
        return header;
    }

    private Fault damaged(PartitionId id, long position, InvalidBatchException e) {
        BatchHeader at = batch;
        long resume = at == null ? position + 1 : at.lastOffset() + 1;
        return Fault.of(
                ErrorCode.CORRUPT,
                id.toString(),
                "a fetched batch cannot be read: " + e.getMessage(),
                new Fault.CorruptRange(position, resume));
    }
}
