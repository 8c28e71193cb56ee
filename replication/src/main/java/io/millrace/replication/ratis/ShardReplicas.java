package io.millrace.replication.ratis;

import io.millrace.replication.RaftVoter;
import java.util.List;
import java.util.Map;

/**
 * The replicas of a shard, as one of them knows them.
 *
 * @param voters peers whose votes count, by the configuration in force
 * @param listeners peers that get the log but do not vote
 * @param isChanging a change of the configuration is under way
 * @param commitIndex of this replica
 * @param commitIndexes of the peers, by peer id, as last heard; a leader's are fresh
 */
public record ShardReplicas(
        List<RaftVoter> voters,
        List<RaftVoter> listeners,
        boolean isChanging,
        long commitIndex,
        Map<String, Long> commitIndexes) {
    public ShardReplicas {
        voters = List.copyOf(voters);
        listeners = List.copyOf(listeners);
        commitIndexes = Map.copyOf(commitIndexes);
    }
}
