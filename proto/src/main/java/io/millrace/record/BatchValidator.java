package io.millrace.record;

import io.millrace.error.ErrorCode;
import java.nio.ByteBuffer;

/** What can be said of a batch without unpacking its records. Stateless, for any thread. */
public final class BatchValidator {
    /** Attributes that a producer may set: the codec. All others are the broker's, a coordinator's or not defined. */
    private static final int PRODUCER_ATTRIBUTES = BatchLayout.CODEC_MASK;

    private BatchValidator() {}

    /**
     * Checks the stored batch at {@code position} of the buffer: its header, and its bytes against its CRC.
     *
     * @throws InvalidBatchException INVALID_BATCH, UNSUPPORTED_BATCH_FORMAT or CORRUPT_BATCH
     */
    public static BatchHeader verify(ByteBuffer buffer, int position) {
        BatchHeader header = BatchHeader.read(buffer, position);
        int crc = BatchLayout.crcOf(buffer, position, header.sizeInBytes());
        if (crc != header.crc()) {
            throw new InvalidBatchException(
                    ErrorCode.CORRUPT_BATCH,
                    "The batch has the CRC " + Integer.toHexString(header.crc()) + " but its bytes have "
                            + Integer.toHexString(crc));
        }
        return header;
    }

    /**
     * Checks what a producer sent: the remaining bytes of the buffer, which must be exactly one batch with at least one
     * record, no gaps and no control records.
     *
     * @param maxBatchBytes with header, as sent
     * @throws InvalidBatchException BATCH_TOO_LARGE, INVALID_BATCH, UNSUPPORTED_BATCH_FORMAT or CORRUPT_BATCH
     */
    public static BatchHeader verifyProduced(ByteBuffer batch, int maxBatchBytes) {
        if (batch.remaining() > maxBatchBytes) {
            throw new InvalidBatchException(
                    ErrorCode.BATCH_TOO_LARGE,
                    "The batch has " + batch.remaining() + " bytes; the limit is " + maxBatchBytes);
        }
        BatchHeader header = verify(batch, batch.position());
        if (header.sizeInBytes() != batch.remaining()) {
            throw invalid(
                    "The batch has " + header.sizeInBytes() + " bytes but " + batch.remaining() + " bytes were sent");
        }
        if (header.isControl()) {
            throw invalid("Control batches are written by brokers only");
        }
        if (header.isTransactional()) {
            throw invalid("Transactions are not supported");
        }
        if (header.isLogAppendTime()) {
            throw invalid("The timestamp type LogAppendTime is set by brokers only");
        }
        if ((header.attributes() & ~PRODUCER_ATTRIBUTES) != 0) {
            throw invalid("The batch has unknown attributes: 0x" + Integer.toHexString(header.attributes() & 0xFFFF));
        }
        if (header.recordCount() != header.lastOffsetDelta() + 1L) {
            throw invalid("The batch has " + header.recordCount() + " records but a last offset delta of "
                    + header.lastOffsetDelta());
        }
        if (header.baseTimestamp() < -1 || header.maxTimestamp() < header.baseTimestamp()) {
            throw invalid("The timestamps of the batch do not fit: first " + header.baseTimestamp() + ", largest "
                    + header.maxTimestamp());
        }
        checkProducer(header);
        return header;
    }

    /** Without a producer id, epoch and sequence mean nothing, and clients of other make write 0 or -1. */
    private static void checkProducer(BatchHeader header) {
        boolean fits = header.producerId() == -1
                || (header.producerId() >= 0 && header.producerEpoch() >= 0 && header.baseSequence() >= 0);
        if (!fits) {
            throw invalid("Producer id " + header.producerId() + ", epoch " + header.producerEpoch() + " and sequence "
                    + header.baseSequence() + " do not fit");
        }
    }

    private static InvalidBatchException invalid(String message) {
        return new InvalidBatchException(ErrorCode.INVALID_BATCH, message);
    }
}
