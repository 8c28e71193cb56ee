package io.millrace.broker.metadata;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.InvalidProtocolBufferException;
import io.millrace.broker.metadata.ClusterImage.Outcome;
import io.millrace.internal.v1.AlterTopic;
import io.millrace.internal.v1.MetadataEntry;
import io.millrace.replication.Leadership;
import io.millrace.replication.ReplicatedMachine;
import io.millrace.storage.AppliedMark;
import io.millrace.storage.Extent;
import io.millrace.storage.LogPosition;
import io.millrace.storage.PartitionIndex;
import io.millrace.storage.Rows;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The metadata shard's state machine: entries of {@code metadata.proto} change a {@link ClusterImage}, and the rows that differ are
 * written in one transaction with the applied mark.
 *
 * <p>{@code apply} and {@code passed} are called by the log's apply thread; {@link #image} is safe for any thread and never goes back. The
 * sequence of admitted entries has a lock of its own, because the log asks from another thread.
 */
public final class MetadataMachine implements ReplicatedMachine<MetadataMachine.Applied> {
    private static final int FORMAT = 1;

    private final PartitionIndex index;
    private final Events events;
    private volatile ClusterImage image;
    private volatile long timeMicros;
    private volatile Leadership leadership = new Leadership(0, false, null);

    private final ReentrantLock sequenceLock = new ReentrantLock();

    @GuardedBy("sequenceLock")
    private long sequenceTerm = -1;

    @GuardedBy("sequenceLock")
    private long lastSequence = -1;

    /** What an entry did, and the image after it. */
    public record Applied(Outcome outcome, ClusterImage image) {}

    /** What is heard of the machine, on the log's threads. Must not block. */
    public interface Events {
        void changed(ClusterImage image);

        void leadershipChanged(Leadership leadership);
    }

    public MetadataMachine(PartitionIndex index, Events events) {
        this.index = index;
        this.events = events;
        try (PartitionIndex.View view = index.view()) {
            this.image = MetadataRows.read(view);
            this.timeMicros = MetadataRows.readTime(view);
        }
    }

    /** What the rows of a metadata shard say, for an offline look. */
    public static ClusterImage image(Rows rows) {
        return MetadataRows.read(rows);
    }

    public ClusterImage image() {
        return image;
    }

    public Leadership leadership() {
        return leadership;
    }

    /** The time T of the last applied entry; 0: none yet. */
    long timeMicros() {
        return timeMicros;
    }

    /** The sequence number that the log will admit next in this term. */
    long nextSequence(long term) {
        sequenceLock.lock();
        try {
            return term == sequenceTerm ? lastSequence + 1 : 0;
        } finally {
            sequenceLock.unlock();
        }
    }

    @Override
    public boolean admits(long term, long seq) {
        sequenceLock.lock();
        try {
            long next = term == sequenceTerm ? lastSequence + 1 : 0;
            if (term < sequenceTerm || seq != next) {
                return false;
            }
            sequenceTerm = term;
            lastSequence = seq;
            return true;
        } finally {
            sequenceLock.unlock();
        }
    }

    @Override
    public Applied apply(long term, long raftIndex, byte[] body, @Nullable Extent payload, LogPosition logEnd) {
        ClusterImage before = image;
        MetadataEntry entry = parse(body);
        Outcome outcome = decide(before, entry);
        try (PartitionIndex.Transaction transaction = index.begin()) {
            if (outcome instanceof Outcome.Changed changed) {
                MetadataRows.write(transaction, before, changed.image());
            }
            MetadataRows.writeTime(transaction, entry.getTimeMicros());
            transaction.commit(new AppliedMark(term, raftIndex, logEnd));
        }
        timeMicros = Math.max(timeMicros, entry.getTimeMicros());
        if (outcome instanceof Outcome.Changed changed) {
            image = changed.image();
            events.changed(changed.image());
        }
        return new Applied(outcome, image);
    }

    private static MetadataEntry parse(byte[] body) {
        MetadataEntry entry;
        try {
            entry = MetadataEntry.parseFrom(body);
        } catch (InvalidProtocolBufferException e) {
            throw MetadataCodec.damaged("an entry", e);
        }
        if (entry.getFormat() != FORMAT || !entry.getUnknownFields().isEmpty()) {
            throw new IllegalStateException("metadata: an entry of format " + entry.getFormat()
                    + " is newer than this broker; update the broker");
        }
        return entry;
    }

    private static Outcome decide(ClusterImage image, MetadataEntry entry) {
        return switch (entry.getCommandCase()) {
            case FORM_CLUSTER ->
                image.form(
                        MetadataCodec.id(entry.getFormCluster().getClusterId()),
                        entry.getFormCluster().getShardsList().stream()
                                .map(MetadataCodec::shard)
                                .toList());
            case REGISTER_BROKER ->
                image.register(MetadataCodec.broker(entry.getRegisterBroker().getBroker()));
            case CREATE_TOPIC -> image.create(MetadataCodec.newTopic(entry.getCreateTopic()));
            case TOPIC_READY ->
                image.ready(MetadataCodec.id(entry.getTopicReady().getTopicId()));
            case DELETE_TOPIC ->
                image.delete(MetadataCodec.id(entry.getDeleteTopic().getTopicId()));
            case TOPIC_GONE -> image.gone(MetadataCodec.id(entry.getTopicGone().getTopicId()));
            case ALTER_TOPIC -> alter(image, entry.getAlterTopic());
            case TAKE_PRODUCER_IDS ->
                image.takeProducerIds(entry.getTakeProducerIds().getCount());
            case SET_BROKER_STATE ->
                image.setState(
                        entry.getSetBrokerState().getBroker(),
                        MetadataCodec.state(entry.getSetBrokerState().getState()));
            case PLACE_SHARD ->
                image.place(
                        entry.getPlaceShard().getShard(), entry.getPlaceShard().getReplicasList());
            case COMMAND_NOT_SET -> throw new IllegalStateException("metadata: an entry without a known command");
        };
    }

    private static Outcome alter(ClusterImage image, AlterTopic command) {
        return image.alter(MetadataCodec.id(command.getTopicId()), command.getSetMap(), command.getResetList());
    }

    @Override
    public void passed(long term, long raftIndex) {
        AppliedMark mark = index.applied();
        if (raftIndex <= mark.raftIndex()) {
            return;
        }
        try (PartitionIndex.Transaction transaction = index.begin()) {
            transaction.commit(new AppliedMark(term, raftIndex, mark.logEnd()));
        }
    }

    @Override
    public AppliedMark applied() {
        return index.applied();
    }

    /** Metadata entries have no payload. */
    @Override
    public @Nullable Extent payload(long term, long raftIndex) {
        return null;
    }

    @Override
    public void onLeadership(Leadership next) {
        leadership = next;
        events.leadershipChanged(next);
    }
}
