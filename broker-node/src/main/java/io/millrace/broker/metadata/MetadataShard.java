package io.millrace.broker.metadata;

import io.millrace.broker.cluster.AtLeader;
import io.millrace.broker.metadata.ClusterImage.NewTopic;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.internal.v1.AlterTopic;
import io.millrace.internal.v1.DeleteTopicIntent;
import io.millrace.internal.v1.FormCluster;
import io.millrace.internal.v1.MetadataEntry;
import io.millrace.internal.v1.PlaceShard;
import io.millrace.internal.v1.RegisterBroker;
import io.millrace.internal.v1.SetBrokerState;
import io.millrace.internal.v1.TakeProducerIds;
import io.millrace.internal.v1.TopicGone;
import io.millrace.internal.v1.TopicReady;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.LongSupplier;

/**
 * The cluster's metadata from any of its brokers: what it is, and how it is changed, by the leader of the metadata shard wherever that is. Calls that change
 * something block until the change is applied and seen here, for at most the timeout. Any thread may call.
 *
 * <p>Failures are {@link FaultException}s: the refusal of the change, NOT_LEADER, SHARD_UNAVAILABLE or UNKNOWN_OUTCOME. Every change may be sent again.
 */
public final class MetadataShard {
    private final MetadataView view;
    private final Changes changes;
    private final Duration timeout;
    private final LongSupplier nanos;

    /** How a change comes to the leader. */
    private interface Changes {
        MetadataChange make(MetadataEntry.Builder entry, long deadlineNanos);
    }

    private MetadataShard(MetadataView view, Changes changes, Duration timeout, LongSupplier nanos) {
        this.view = view;
        this.changes = changes;
        this.timeout = timeout;
        this.nanos = nanos;
    }

    /** Of a broker that stands alone: its replica leads, or nobody does. */
    public static MetadataShard alone(
            MetadataView view, MetadataReplica replica, Duration timeout, LongSupplier nanos) {
        return new MetadataShard(view, (entry, deadline) -> replica.change(entry), timeout, nanos);
    }

    /**
     * Of a member of a cluster.
     *
     * @param local makes a change where this broker leads
     * @param self id of this broker
     */
    public static MetadataShard inCluster(
            MetadataView view,
            LocalChanges local,
            int self,
            AtLeader atLeader,
            RemoteShards remote,
            Duration timeout,
            LongSupplier nanos) {
        return new MetadataShard(
                view,
                (entry, deadline) -> atLeader.call(
                        ShardEntry.METADATA_SHARD,
                        deadline,
                        leader ->
                                leader == self ? local.change(entry) : remote.change(leader, entry.build(), deadline)),
                timeout,
                nanos);
    }

    /** A change by this broker, which leads. */
    public interface LocalChanges {
        MetadataChange change(MetadataEntry.Builder entry);
    }

    public ClusterImage image() {
        return view.image();
    }

    public ClusterImage form(UUID cluster, List<ShardEntry> shards) {
        FormCluster.Builder form = FormCluster.newBuilder().setClusterId(MetadataCodec.id(cluster));
        shards.forEach(shard -> form.addShards(MetadataCodec.shardRow(shard)));
        return changed(MetadataEntry.newBuilder().setFormCluster(form));
    }

    public ClusterImage register(BrokerEntry broker) {
        return changed(MetadataEntry.newBuilder()
                .setRegisterBroker(RegisterBroker.newBuilder().setBroker(MetadataCodec.brokerRow(broker))));
    }

    public ClusterImage create(NewTopic topic) {
        return changed(MetadataEntry.newBuilder().setCreateTopic(MetadataCodec.intent(topic)));
    }

    public ClusterImage ready(UUID topic) {
        return changed(
                MetadataEntry.newBuilder().setTopicReady(TopicReady.newBuilder().setTopicId(MetadataCodec.id(topic))));
    }

    public ClusterImage delete(UUID topic) {
        return changed(MetadataEntry.newBuilder()
                .setDeleteTopic(DeleteTopicIntent.newBuilder().setTopicId(MetadataCodec.id(topic))));
    }

    public ClusterImage gone(UUID topic) {
        return changed(
                MetadataEntry.newBuilder().setTopicGone(TopicGone.newBuilder().setTopicId(MetadataCodec.id(topic))));
    }

    public ClusterImage alter(UUID topic, Map<String, String> set, List<String> reset) {
        return changed(MetadataEntry.newBuilder()
                .setAlterTopic(AlterTopic.newBuilder()
                        .setTopicId(MetadataCodec.id(topic))
                        .putAllSet(set)
                        .addAllReset(reset)));
    }

    /** Takes a block of {@code count} producer ids; answers the first. */
    public long takeProducerIds(int count) {
        return change(MetadataEntry.newBuilder()
                        .setTakeProducerIds(TakeProducerIds.newBuilder().setCount(count)))
                .producerIds();
    }

    public ClusterImage setState(int broker, BrokerEntry.State state) {
        return changed(MetadataEntry.newBuilder()
                .setSetBrokerState(SetBrokerState.newBuilder().setBroker(broker).setState(MetadataCodec.state(state))));
    }

    /** Where the replicas of a shard are to be. */
    public ClusterImage place(int shard, List<Integer> replicas) {
        return changed(MetadataEntry.newBuilder()
                .setPlaceShard(PlaceShard.newBuilder().setShard(shard).addAllReplicas(replicas)));
    }

    private ClusterImage changed(MetadataEntry.Builder entry) {
        long deadline = nanos.getAsLong() + timeout.toNanos();
        MetadataChange change = changes.make(entry, deadline);
        try {
            if (!view.await(change.version(), deadline - nanos.getAsLong())) {
                throw Fault.unknown(
                                ErrorCode.UNKNOWN_OUTCOME,
                                "shard/0",
                                "The metadata was changed, but this broker does not see it yet.")
                        .asException();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FaultException(
                    Fault.unknown(ErrorCode.UNKNOWN_OUTCOME, "shard/0", "The wait for a metadata change was cut off."),
                    e);
        }
        return view.image();
    }

    private MetadataChange change(MetadataEntry.Builder entry) {
        return changes.make(entry, nanos.getAsLong() + timeout.toNanos());
    }
}
