package io.millrace.broker.cluster;

import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A broker as it speaks of itself to the others. Immutable.
 *
 * @param wantedCluster by its configuration; null: any
 * @param seeds its list of seeds
 * @param dataShards that each seed brings into a new cluster
 * @param formed the cluster that it is a member of; null: none yet
 */
public record Member(
        Peer peer,
        @Nullable UUID wantedCluster,
        List<Address> seeds,
        int dataShards,
        @Nullable Formation formed) {
    public Member {
        seeds = List.copyOf(seeds);
    }

    public Member formed(Formation formation) {
        return new Member(peer, wantedCluster, seeds, dataShards, formation);
    }
}
