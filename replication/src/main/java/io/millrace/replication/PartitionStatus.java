package io.millrace.replication;

import io.millrace.replication.state.PartitionId;

/**
 * A partition as of the last applied entry.
 *
 * @param handle its number in this shard's rows and commands
 * @param logStart first offset that can be read
 * @param logEnd one above the last offset: the high watermark
 * @param lastStableOffset end of what a reader of committed transactions may see
 * @param records in [logStart, logEnd)
 * @param bytes of the live batches
 * @param leaderEpoch of the last batch; -1: none yet
 */
public record PartitionStatus(
        PartitionId id,
        int handle,
        long logStart,
        long logEnd,
        long lastStableOffset,
        long records,
        long bytes,
        int leaderEpoch) {}
