package io.millrace.replication;

/**
 * Figures of a shard at one moment, for metrics.
 *
 * @param shardTimeMicros T of the last applied entry
 * @param appendedBytes of batches, since the shard was opened
 * @param appendedRecords since the shard was opened
 * @param queuedRequests waiting for a proposal
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
        int watchers) {}
