package io.millrace.record;

import io.millrace.error.ErrorCode;
import java.nio.ByteBuffer;

/**
 * The 61-byte header of a record batch, magic 2, as Apache Kafka documents it ("Record Batch", message format).
 *
 * @param sizeInBytes of the whole batch, header included (the length field plus 12)
 * @param partitionLeaderEpoch stamped by the broker, outside the CRC
 * @param crc CRC-32C of everything from the attributes on
 * @param lastOffsetDelta last offset minus base offset
 * @param baseTimestamp milliseconds since the epoch
 * @param producerId -1: not idempotent
 * @param recordCount 0 for a batch that the cleaner has emptied
 */
public record BatchHeader(
        long baseOffset,
        int sizeInBytes,
        int partitionLeaderEpoch,
        int crc,
        short attributes,
        int lastOffsetDelta,
        long baseTimestamp,
        long maxTimestamp,
        long producerId,
        short producerEpoch,
        int baseSequence,
        int recordCount) {

    /** Bytes before the first record. */
    public static final int SIZE = 61;

    /** Bytes before the part that the CRC covers: base offset, length, leader epoch, magic, CRC. */
    public static final int CRC_COVERS_FROM = 21;

    /**
     * Reads the header of the batch at {@code position} of the buffer, all of which lies before the buffer's limit. What
     * the fields say about each other is checked, the CRC is not ({@link BatchValidator#verify}). The buffer's own
     * position and byte order play no part.
     *
     * @throws InvalidBatchException INVALID_BATCH or UNSUPPORTED_BATCH_FORMAT
     */
    public static BatchHeader read(ByteBuffer buffer, int position) {
        BatchHeader header = readAhead(buffer, position);
        if (header.sizeInBytes > buffer.limit() - position) {
            throw invalid("The batch says that it has " + header.sizeInBytes + " bytes; there are "
                    + (buffer.limit() - position));
        }
        return header;
    }

    /** As {@link #read}, where only the header needs to be in the buffer and the records may be missing. */
    public static BatchHeader readAhead(ByteBuffer buffer, int position) {
        int available = position < 0 ? 0 : buffer.limit() - position;
        if (available > BatchLayout.MAGIC) {
            byte magic = buffer.get(position + BatchLayout.MAGIC);
            if (magic != BatchLayout.CURRENT_MAGIC) {
                throw new InvalidBatchException(
                        ErrorCode.UNSUPPORTED_BATCH_FORMAT,
                        "The record batch has magic " + magic + "; only magic 2 (Kafka 0.11 and later) is read");
            }
        }
        if (available < SIZE) {
            throw invalid("A record batch begins with " + SIZE + " bytes; there are " + available);
        }
        int length = BatchLayout.intAt(buffer, position + BatchLayout.LENGTH);
        if (length < SIZE - BatchLayout.LENGTH_COUNTS_FROM
                || length > Integer.MAX_VALUE - BatchLayout.LENGTH_COUNTS_FROM) {
            throw invalid("The length field of the batch is " + length);
        }
        BatchHeader header = new BatchHeader(
                BatchLayout.longAt(buffer, position + BatchLayout.BASE_OFFSET),
                length + BatchLayout.LENGTH_COUNTS_FROM,
                BatchLayout.intAt(buffer, position + BatchLayout.LEADER_EPOCH),
                BatchLayout.intAt(buffer, position + BatchLayout.CRC),
                BatchLayout.shortAt(buffer, position + BatchLayout.ATTRIBUTES),
                BatchLayout.intAt(buffer, position + BatchLayout.LAST_OFFSET_DELTA),
                BatchLayout.longAt(buffer, position + BatchLayout.BASE_TIMESTAMP),
                BatchLayout.longAt(buffer, position + BatchLayout.MAX_TIMESTAMP),
                BatchLayout.longAt(buffer, position + BatchLayout.PRODUCER_ID),
                BatchLayout.shortAt(buffer, position + BatchLayout.PRODUCER_EPOCH),
                BatchLayout.intAt(buffer, position + BatchLayout.BASE_SEQUENCE),
                BatchLayout.intAt(buffer, position + BatchLayout.RECORD_COUNT));
        header.check();
        return header;
    }

    private void check() {
        Compression codec = Compression.forId(attributes & BatchLayout.CODEC_MASK);
        if (baseOffset < 0 || lastOffsetDelta < 0 || baseOffset > Long.MAX_VALUE - lastOffsetDelta) {
            throw invalid("Base offset " + baseOffset + " and last offset delta " + lastOffsetDelta + " do not fit");
        }
        if (recordCount < 0 || recordCount > lastOffsetDelta + 1L) {
            throw invalid(recordCount + " records do not fit into the last offset delta " + lastOffsetDelta);
        }
        if (codec == Compression.NONE && (long) recordCount * BatchLayout.SMALLEST_RECORD > sizeInBytes - SIZE) {
            throw invalid(recordCount + " records do not fit into " + sizeInBytes + " bytes");
        }
    }

    private static InvalidBatchException invalid(String message) {
        return new InvalidBatchException(ErrorCode.INVALID_BATCH, message);
    }

    /**
     * Stamps the batch at {@code position} with its place in the partition. Both fields lie outside the CRC, which stays
     * as it is.
     */
    public static void writeOffsetAndEpoch(ByteBuffer buffer, int position, long baseOffset, int leaderEpoch) {
        BatchLayout.putLong(buffer, position + BatchLayout.BASE_OFFSET, baseOffset);
        BatchLayout.putInt(buffer, position + BatchLayout.LEADER_EPOCH, leaderEpoch);
    }

    /**
     * Gives all records of the batch at {@code position} the timestamp of the broker (timestamp type LogAppendTime): sets
     * the attribute and the maximum, which readers then take for every record, and makes the CRC anew. The batch has
     * been read and verified before; the deltas in its records stay as they are.
     */
    public static void writeLogAppendTime(ByteBuffer buffer, int position, long timestampMillis) {
        int size = BatchLayout.intAt(buffer, position + BatchLayout.LENGTH) + BatchLayout.LENGTH_COUNTS_FROM;
        int attributes = BatchLayout.shortAt(buffer, position + BatchLayout.ATTRIBUTES) | BatchLayout.LOG_APPEND_TIME;
        BatchLayout.putShort(buffer, position + BatchLayout.ATTRIBUTES, (short) attributes);
        BatchLayout.putLong(buffer, position + BatchLayout.MAX_TIMESTAMP, timestampMillis);
        BatchLayout.putInt(buffer, position + BatchLayout.CRC, BatchLayout.crcOf(buffer, position, size));
    }

    public long lastOffset() {
        return baseOffset + lastOffsetDelta;
    }

    public Compression compression() {
        return Compression.forId(attributes & BatchLayout.CODEC_MASK);
    }

    public boolean isTransactional() {
        return (attributes & BatchLayout.TRANSACTIONAL) != 0;
    }

    public boolean isControl() {
        return (attributes & BatchLayout.CONTROL) != 0;
    }

    public boolean isLogAppendTime() {
        return (attributes & BatchLayout.LOG_APPEND_TIME) != 0;
    }

    public boolean isIdempotent() {
        return producerId >= 0;
    }

    /** The sequence of the last record; sequences go on at 0 after {@link Integer#MAX_VALUE}. */
    public int lastSequence() {
        return baseSequence < 0 ? baseSequence : (baseSequence + lastOffsetDelta) & Integer.MAX_VALUE;
    }
}
