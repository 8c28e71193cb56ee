package io.millrace.broker.cluster;

import java.util.List;
import java.util.UUID;

/**
 * How a cluster began: its id and the first replicas of every shard. Decided by one broker, once, and from then on the same everywhere: whoever
 * holds one never forms a cluster again. Immutable.
 *
 * @param dataShards of the cluster
 * @param voters the seeds, in the order of their ids
 */
public record Formation(UUID clusterId, int dataShards, List<Peer> voters) {
    public Formation {
        voters = List.copyOf(voters);
    }

    /** Whether the broker, with this very data directory, is one of the first replicas. */
    public boolean contains(Peer peer) {
        return voters.stream().anyMatch(voter -> voter.isSame(peer));
    }
}
