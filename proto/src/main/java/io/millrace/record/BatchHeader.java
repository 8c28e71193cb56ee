package io.millrace.record;

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

    public long lastOffset() {
        return baseOffset + lastOffsetDelta;
    }

    public boolean isTransactional() {
        return (attributes & 0x10) != 0;
    }

    public boolean isControl() {
        return (attributes & 0x20) != 0;
    }

    public boolean isLogAppendTime() {
        return (attributes & 0x08) != 0;
    }

    public boolean isIdempotent() {
        return producerId >= 0;
    }
}
