package io.millrace.broker.verify;

import io.millrace.replication.state.PartitionId;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * How the replicas of a shard compare.
 *
 * @param raftIndex of the entry at which they were compared; -1: they were not
 */
public record ShardVerdict(
        int shard,
        Agreement agreement,
        long raftIndex,
        int partitions,
        long records,
        List<ReplicaVerdict> replicas,
        List<Difference> differences) {
    public ShardVerdict {
        replicas = List.copyOf(replicas);
        differences = List.copyOf(differences);
    }

    /** From the worst to the best. */
    public enum Agreement {
        DIFFERENT,
        DAMAGED,
        /** Nothing was found, and nothing is proved. */
        INCOMPLETE,
        EQUAL
    }

    /** A partition that is not the same everywhere. {@code replicas}: by broker. */
    public record Difference(PartitionId id, String reason, SortedMap<Integer, Held> replicas) {}

    /** What a replica has of a partition; null: nothing at all, or nothing was read. */
    public record Held(@Nullable PartitionSum sum, @Nullable StoredSum stored) {}
}
