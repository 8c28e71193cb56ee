package io.millrace.replication;

/**
 * Figures of a shard at one moment, for metrics.
 *
 * @param shardTimeMicros T of the last applied entry
 * @param appendedBytes of batches, since the shard was opened
 * @param appendedRecords since the shard was opened
 * @param queuedRequests waiting for a proposal
 * @param movedBytes of extents moved out of mostly dead segment files, since the shard was opened
 * @param movedFiles segment files written for them
 * @param damagedFiles segment files, mostly dead, that stay as they are because of a damaged extent
 */
public record ShardStats(
        long appliedTerm,
        long appliedIndex,
        long shardTimeMicros,
        int partitions,
        long appendedBytes,
        long appendedRecords,
        int queuedRequests,
        long queuedBytes,
        int entriesInFlight,
        int watchers,
        long movedBytes,
        long movedFiles,
        int damagedFiles) {}
