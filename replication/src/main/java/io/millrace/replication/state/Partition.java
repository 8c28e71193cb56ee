package io.millrace.replication.state;

/**
 * A partition as its row says.
 *
 * @param handle local to the shard, never reused
 * @param epochBase leader epoch = base + Raft term
 * @param firstOffset of this element of the partition's chain
 * @param records in [logStart, logEnd)
 * @param bytes of live batches
 * @param leaderEpoch of the last batch; -1: none yet
 * @param maxTimestamp running maximum of all batches, milliseconds; -1: none yet
 * @param checksum {@link RollingChecksum} of every batch ever appended from {@code checksumFrom} on, also of such as are no longer there
 * @param checksumFrom first offset that the checksum covers: above {@code firstOffset} only where a version wrote that kept none
 */
public record Partition(
        PartitionId id,
        int handle,
        int epochBase,
        long firstOffset,
        long logStart,
        long logEnd,
        long lastStableOffset,
        long records,
        long bytes,
        int leaderEpoch,
        long maxTimestamp,
        long checksum,
        long checksumFrom) {

    static Partition fresh(ShardCommand.NewPartition made, int handle) {
        long first = made.firstOffset();
        return new Partition(
                made.id(),
                handle,
                made.epochBase(),
                first,
                first,
                first,
                first,
                0,
                0,
                -1,
                -1,
                RollingChecksum.START,
                first);
    }

    /** The leader epoch of what is written in a Raft term. */
    public int leaderEpochIn(long term) {
        return Math.toIntExact(epochBase + term);
    }

    /** After a batch: its part's base offset is at or above the end. */
    Partition after(AppendPart part) {
        long end = part.lastOffset() + 1;
        return new Partition(
                id,
                handle,
                epochBase,
                firstOffset,
                logStart,
                end,
                end,
                records + part.recordCount(),
                bytes + part.length(),
                part.leaderEpoch(),
                Math.max(maxTimestamp, part.maxTimestamp()),
                RollingChecksum.after(checksum, part),
                checksumFrom);
    }
}
