package io.millrace.broker.ops;

/**
 * A replica as its broker sees it.
 *
 * @param leader broker id; -1: unknown to it
 * @param quarantined why it is out of use; empty: it serves
 * @param damagedExtents that are known now
 */
public record ReplicaState(
        int shard, long term, boolean leading, int leader, long appliedIndex, String quarantined, int damagedExtents) {}
