package io.millrace.broker.member;

import io.millrace.broker.host.OpenShards;
import io.millrace.broker.metadata.MetadataReplica;
import io.millrace.broker.metadata.ShardEntry;
import io.millrace.broker.ops.ReplicaState;
import io.millrace.replication.Leadership;
import io.millrace.replication.Shard;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The replicas of this broker, for a look. Thread safe. */
public record OwnReplicas(OpenShards shards, @Nullable MetadataReplica metadata) {

    /** What a replica sees; null: there is none that is open. */
    public @Nullable Leadership leadership(int shard) {
        if (shard == ShardEntry.METADATA_SHARD) {
            return metadata == null ? null : metadata.leadership();
        }
        Shard open = shards.shard(shard);
        return open == null ? null : open.leadership();
    }

    public boolean leads(int shard) {
        Leadership leadership = leadership(shard);
        return leadership != null && leadership.leading();
    }

    public List<ReplicaState> states() {
        Map<Integer, String> quarantined = shards.quarantined();
        List<ReplicaState> states = new ArrayList<>();
        for (int id : shards.ids()) {
            Leadership leadership = leadership(id);
            Shard shard = shards.shard(id);
            long applied = id == ShardEntry.METADATA_SHARD
                    ? (metadata == null ? -1 : metadata.appliedIndex())
                    : shard == null ? -1 : shard.stats().appliedIndex();
            states.add(new ReplicaState(
                    id,
                    leadership == null ? 0 : leadership.term(),
                    leadership != null && leadership.leading(),
                    leadership == null ? Leadership.NOBODY : leadership.leaderBroker(),
                    applied,
                    quarantined.getOrDefault(id, ""),
                    shard == null ? 0 : shard.stored().damagedCount()));
        }
        return states;
    }
}
