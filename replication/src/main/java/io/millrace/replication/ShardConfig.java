package io.millrace.replication;

/**
 * Bounds of a shard.
 *
 * @param entryBytes payload that one entry takes; a single larger batch goes alone
 * @param entryParts batches and commands in one entry, so that its header stays small
 * @param entriesInFlight proposed and not yet settled
 * @param queueBytes that wait for a proposal; beyond it requests are refused OVERLOADED
 * @param queueRequests that wait for a proposal; beyond it requests are refused OVERLOADED
 * @param paceNanos while an entry is in flight, the next small one waits this long after it, to grow
 * @param paceBytes an entry of this size does not wait
 * @param watchers on all partitions together
 */
public record ShardConfig(
        int entryBytes,
        int entryParts,
        int entriesInFlight,
        long queueBytes,
        int queueRequests,
        long paceNanos,
        int paceBytes,
        int watchers) {
    public static final ShardConfig DEFAULT =
            new ShardConfig(4 << 20, 1000, 2, 64L << 20, 50_000, 2_000_000, 512 << 10, 100_000);

    public ShardConfig {
        if (entryBytes < 1
                || entryParts < 1
                || entriesInFlight < 1
                || queueBytes < 1
                || queueRequests < 1
                || paceNanos < 0
                || paceBytes < 0
                || watchers < 1) {
            throw new IllegalArgumentException("bounds of a shard must be positive");
        }
    }
}
