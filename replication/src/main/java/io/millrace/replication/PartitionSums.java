package io.millrace.replication;

import io.millrace.replication.state.Partition;
import java.util.List;

/**
 * What the partitions of a replica held at one entry of the shard's log. Replicas that agree have equal ones.
 *
 * @param raftIndex of the entry
 * @param partitions by handle
 */
public record PartitionSums(long raftIndex, List<Partition> partitions) {
    public PartitionSums {
        partitions = List.copyOf(partitions);
    }
}
