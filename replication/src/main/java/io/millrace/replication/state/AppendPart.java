package io.millrace.replication.state;

import io.millrace.record.BatchHeader;

/**
 * One record batch of an entry: what its header says, and the place it was given. Unconditional at apply: every condition was checked
 * before the proposal.
 *
 * @param partition handle, local to the shard
 * @param length bytes of the batch
 * @param factsLength bytes of the facts behind it: 0, until facts are written
 * @param producerId -1: none
 * @param leaderEpoch epoch base of the partition + Raft term
 * @param coordinatorEpoch of the transaction coordinator, for control batches: reserved
 * @param atOffset the base offset may jump forward (mirror, restore)
 */
public record AppendPart(
        int partition,
        long baseOffset,
        int lastOffsetDelta,
        int recordCount,
        int length,
        int factsLength,
        int crc,
        short attributes,
        long producerId,
        short producerEpoch,
        int baseSequence,
        long maxTimestamp,
        int leaderEpoch,
        int coordinatorEpoch,
        boolean atOffset) {

    /** A part for a batch, at an offset. */
    public static AppendPart of(BatchHeader batch, int partition, long baseOffset, int leaderEpoch) {
        return new AppendPart(
                partition,
                baseOffset,
                batch.lastOffsetDelta(),
                batch.recordCount(),
                batch.sizeInBytes(),
                0,
                batch.crc(),
                batch.attributes(),
                batch.producerId(),
                batch.producerEpoch(),
                batch.baseSequence(),
                batch.maxTimestamp(),
                leaderEpoch,
                0,
                false);
    }

    public long lastOffset() {
        return baseOffset + lastOffsetDelta;
    }

    /** A producer with a sequence wrote it. */
    public boolean isIdempotent() {
        return producerId >= 0 && baseSequence >= 0;
    }

    /** Transactional or control: reserved. */
    boolean isReservedKind() {
        return (attributes & 0x30) != 0;
    }
}
