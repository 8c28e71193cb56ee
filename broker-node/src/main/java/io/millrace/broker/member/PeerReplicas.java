package io.millrace.broker.member;

import io.millrace.broker.cluster.LeaderTable;
import io.millrace.broker.metadata.ClusterImage;
import io.millrace.broker.metadata.ShardEntry;
import io.millrace.broker.peer.PeerClient;
import io.millrace.broker.repair.OtherReplicas;
import io.millrace.replication.DamagedExtent;
import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;

/**
 * Where the other replicas of this broker's shards are: at the leader first, which has everything that counts.
 *
 * @param self id of this broker
 */
public record PeerReplicas(int self, Supplier<ClusterImage> image, LeaderTable leaders, PeerClient peers)
        implements OtherReplicas {
    @Override
    public List<Integer> brokers(int shard) {
        ShardEntry entry = image.get().shards().get(shard);
        if (entry == null) {
            return List.of();
        }
        int leader = leaders.broker(shard);
        return entry.replicas().stream()
                .filter(broker -> broker != self)
                .sorted(Comparator.comparing(broker -> broker != leader))
                .toList();
    }

    @Override
    public ByteBuffer bytes(int broker, int shard, DamagedExtent extent, long deadlineNanos) {
        return peers.extent(
                broker,
                shard,
                extent.row().partition(),
                extent.row().baseOffset(),
                extent.row().lastOffset(),
                extent.row().length(),
                deadlineNanos);
    }
}
