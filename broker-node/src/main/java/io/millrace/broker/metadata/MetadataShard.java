package io.millrace.broker.metadata;

import io.millrace.broker.metadata.ClusterImage.NewTopic;
import io.millrace.broker.metadata.ClusterImage.Outcome;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.internal.v1.AlterTopic;
import io.millrace.internal.v1.DeleteTopicIntent;
import io.millrace.internal.v1.FormCluster;
import io.millrace.internal.v1.MetadataEntry;
import io.millrace.internal.v1.RegisterBroker;
import io.millrace.internal.v1.TakeProducerIds;
import io.millrace.internal.v1.TopicGone;
import io.millrace.internal.v1.TopicReady;
import io.millrace.replication.Leadership;
import io.millrace.replication.ReplicatedLog;
import io.millrace.storage.PartitionIndex;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Changes the cluster's metadata: the only proposer of the metadata shard. Calls block until the change is applied, for at most the
 * timeout; one is under way at a time (the lock), because changes are rare and small. Any thread may call.
 *
 * <p>Failures are {@link FaultException}s: the refusal of the change, NOT_LEADER, or UNKNOWN_OUTCOME. Every change may be sent again.
 */
public final class MetadataShard implements AutoCloseable {
    /** Applied entries between two checkpoints: what a start replays at most. */
    private static final long ENTRIES_PER_CHECKPOINT = 1_000;

    private final ReplicatedLog<MetadataMachine.Applied> log;
    private final MetadataMachine machine;
    private final PartitionIndex index;
    private final InstantSource wallClock;
    private final Duration timeout;
    private final ReentrantLock proposing = new ReentrantLock();
    private long checkpointedIndex;

    public MetadataShard(
            ReplicatedLog<MetadataMachine.Applied> log,
            MetadataMachine machine,
            PartitionIndex index,
            InstantSource wallClock,
            Duration timeout) {
        this.log = log;
        this.machine = machine;
        this.index = index;
        this.wallClock = wallClock;
        this.timeout = timeout;
        this.checkpointedIndex = index.applied().raftIndex();
    }

    public ClusterImage image() {
        return machine.image();
    }

    public Leadership leadership() {
        return log.leadership();
    }

    public long appliedIndex() {
        return machine.applied().raftIndex();
    }

    public ClusterImage form(UUID cluster, List<ShardEntry> shards) {
        FormCluster.Builder form = FormCluster.newBuilder().setClusterId(MetadataCodec.id(cluster));
        shards.forEach(shard -> form.addShards(MetadataCodec.shardRow(shard)));
        return change(MetadataEntry.newBuilder().setFormCluster(form)).image();
    }

    public ClusterImage register(BrokerEntry broker) {
        return change(MetadataEntry.newBuilder()
                        .setRegisterBroker(RegisterBroker.newBuilder().setBroker(MetadataCodec.brokerRow(broker))))
                .image();
    }

    public ClusterImage create(NewTopic topic) {
        return change(MetadataEntry.newBuilder().setCreateTopic(MetadataCodec.intent(topic)))
                .image();
    }

    public ClusterImage ready(UUID topic) {
        return change(MetadataEntry.newBuilder()
                        .setTopicReady(TopicReady.newBuilder().setTopicId(MetadataCodec.id(topic))))
                .image();
    }

    public ClusterImage delete(UUID topic) {
        return change(MetadataEntry.newBuilder()
                        .setDeleteTopic(DeleteTopicIntent.newBuilder().setTopicId(MetadataCodec.id(topic))))
                .image();
    }

    public ClusterImage gone(UUID topic) {
        return change(MetadataEntry.newBuilder()
                        .setTopicGone(TopicGone.newBuilder().setTopicId(MetadataCodec.id(topic))))
                .image();
    }

    public ClusterImage alter(UUID topic, Map<String, String> set, List<String> reset) {
        return change(MetadataEntry.newBuilder()
                        .setAlterTopic(AlterTopic.newBuilder()
                                .setTopicId(MetadataCodec.id(topic))
                                .putAllSet(set)
                                .addAllReset(reset)))
                .image();
    }

    /** Takes a block of {@code count} producer ids; answers the first. */
    public long takeProducerIds(int count) {
        MetadataMachine.Applied applied = change(MetadataEntry.newBuilder()
                .setTakeProducerIds(TakeProducerIds.newBuilder().setCount(count)));
        if (applied.outcome() instanceof Outcome.Changed changed) {
            return changed.producerIds();
        }
        throw new IllegalStateException("taking producer ids changed nothing");
    }

    private MetadataMachine.Applied change(MetadataEntry.Builder entry) {
        byte[] body = entry.setFormat(1)
                .setTimeMicros(TimeUnit.MILLISECONDS.toMicros(wallClock.millis()))
                .build()
                .toByteArray();
        proposing.lock();
        try {
            MetadataMachine.Applied applied = propose(body);
            if (applied.outcome() instanceof Outcome.Refused refused) {
                throw refused.fault().asException();
            }
            return applied;
        } finally {
            proposing.unlock();
        }
    }

    private MetadataMachine.Applied propose(byte[] body) {
        Leadership leadership = log.leadership();
        if (!leadership.leading()) {
            throw Fault.of(ErrorCode.SHARD_UNAVAILABLE, "shard/0", "The metadata shard has no ready leader here yet.")
                    .asException();
        }
        long seq = machine.nextSequence(leadership.term());
        try {
            MetadataMachine.Applied applied = log.propose(
                            new ReplicatedLog.Proposal(leadership.term(), seq, body, 0, List.of()))
                    .get(timeout.toNanos(), TimeUnit.NANOSECONDS);
            checkpointWhenDue();
            return applied;
        } catch (TimeoutException e) {
            throw new FaultException(
                    Fault.unknown(
                            ErrorCode.UNKNOWN_OUTCOME,
                            "shard/0",
                            "The metadata change was not confirmed in time; it may still happen."),
                    e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof FaultException fault) {
                throw new FaultException(fault.fault(), e);
            }
            throw new FaultException(
                    Fault.unknown(ErrorCode.UNKNOWN_OUTCOME, "shard/0", "The metadata change failed: " + e.getCause()),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FaultException(
                    Fault.unknown(ErrorCode.UNKNOWN_OUTCOME, "shard/0", "The wait for a metadata change was cut off."),
                    e);
        }
    }

    private void checkpointWhenDue() {
        long applied = machine.applied().raftIndex();
        if (applied - checkpointedIndex >= ENTRIES_PER_CHECKPOINT) {
            checkpoint();
        }
    }

    private void checkpoint() {
        long applied = machine.applied().raftIndex();
        index.flush();
        log.checkpointed(applied);
        checkpointedIndex = applied;
    }

    /** Makes the rows durable, so that the next start replays nothing. The log and the index are closed by their owner. */
    @Override
    public void close() {
        proposing.lock();
        try {
            index.flush();
        } finally {
            proposing.unlock();
        }
    }
}
