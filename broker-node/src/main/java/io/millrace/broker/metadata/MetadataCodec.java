package io.millrace.broker.metadata;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.millrace.broker.metadata.ClusterImage.NewTopic;
import io.millrace.internal.v1.BrokerRow;
import io.millrace.internal.v1.BrokerState;
import io.millrace.internal.v1.ChainRow;
import io.millrace.internal.v1.ClusterRow;
import io.millrace.internal.v1.CreateTopicIntent;
import io.millrace.internal.v1.ListenerRow;
import io.millrace.internal.v1.PartitionRow;
import io.millrace.internal.v1.ShardKind;
import io.millrace.internal.v1.ShardRow;
import io.millrace.internal.v1.SlotRun;
import io.millrace.internal.v1.TopicPlacement;
import io.millrace.internal.v1.TopicRow;
import io.millrace.internal.v1.TopicState;
import io.millrace.internal.v1.TopicTimestamps;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The metadata's values as the messages of {@code millrace/internal/v1/metadata.proto}, and back. Pure. */
final class MetadataCodec {
    private MetadataCodec() {}

    static ByteString id(UUID id) {
        return ByteString.copyFrom(bytes(id));
    }

    static byte[] bytes(UUID id) {
        return ByteBuffer.allocate(16)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .array();
    }

    static UUID id(ByteString bytes) {
        if (bytes.size() != 16) {
            throw new IllegalArgumentException("an id has 16 bytes, not " + bytes.size());
        }
        ByteBuffer buffer = bytes.asReadOnlyByteBuffer();
        return new UUID(buffer.getLong(), buffer.getLong());
    }

    static ClusterRow clusterRow(ClusterImage image) {
        ClusterRow.Builder row = ClusterRow.newBuilder()
                .setFormat(1)
                .setVersion(image.version())
                .setNextProducerId(image.nextProducerId());
        UUID cluster = image.clusterId();
        if (cluster != null) {
            row.setClusterId(id(cluster));
        }
        int slot = 0;
        while (slot < image.slots().size()) {
            int shard = image.slots().get(slot);
            int end = slot;
            while (end < image.slots().size() && image.slots().get(end) == shard) {
                end++;
            }
            row.addSlots(SlotRun.newBuilder().setCount(end - slot).setShard(shard));
            slot = end;
        }
        return row.build();
    }

    static List<Integer> slots(ClusterRow row) {
        List<Integer> slots = new ArrayList<>(ClusterImage.SLOTS);
        for (SlotRun run : row.getSlotsList()) {
            for (int i = 0; i < run.getCount(); i++) {
                slots.add(run.getShard());
            }
        }
        return List.copyOf(slots);
    }

    static BrokerRow brokerRow(BrokerEntry broker) {
        BrokerRow.Builder row = BrokerRow.newBuilder()
                .setId(broker.id())
                .setRack(broker.rack())
                .setIncarnation(broker.incarnation())
                .setState(state(broker.state()))
                .addAllFormerIncarnations(broker.former());
        broker.listeners()
                .forEach(listener -> row.addListeners(ListenerRow.newBuilder()
                        .setName(listener.name())
                        .setProtocol(listener.protocol())
                        .setSecurity(listener.security())
                        .setHost(listener.host())
                        .setPort(listener.port())));
        return row.build();
    }

    static BrokerEntry broker(BrokerRow row) {
        return new BrokerEntry(
                row.getId(),
                row.getRack(),
                row.getListenersList().stream()
                        .map(listener -> new BrokerEntry.Listener(
                                listener.getName(),
                                listener.getProtocol(),
                                listener.getSecurity(),
                                listener.getHost(),
                                listener.getPort()))
                        .toList(),
                row.getIncarnation(),
                state(row.getState()),
                row.getFormerIncarnationsList());
    }

    static BrokerState state(BrokerEntry.State state) {
        return switch (state) {
            case ACTIVE -> BrokerState.BROKER_ACTIVE;
            case DRAINING -> BrokerState.BROKER_DRAINING;
            case REMOVED -> BrokerState.BROKER_REMOVED;
        };
    }

    static BrokerEntry.State state(BrokerState state) {
        return switch (state) {
            case BROKER_ACTIVE -> BrokerEntry.State.ACTIVE;
            case BROKER_DRAINING -> BrokerEntry.State.DRAINING;
            case BROKER_REMOVED -> BrokerEntry.State.REMOVED;
            case UNRECOGNIZED -> throw new IllegalArgumentException("unknown state of a broker: " + state);
        };
    }

    static ShardRow shardRow(ShardEntry shard) {
        return ShardRow.newBuilder()
                .setId(shard.id())
                .setKind(shard.kind() == ShardEntry.Kind.METADATA ? ShardKind.METADATA : ShardKind.DATA)
                .addAllReplicas(shard.replicas())
                .build();
    }

    static ShardEntry shard(ShardRow row) {
        ShardEntry.Kind kind = switch (row.getKind()) {
            case METADATA -> ShardEntry.Kind.METADATA;
            case DATA -> ShardEntry.Kind.DATA;
            default -> throw new IllegalArgumentException("unknown kind of shard " + row.getKindValue());
        };
        return new ShardEntry(row.getId(), kind, row.getReplicasList());
    }

    static TopicRow topicRow(Topic topic) {
        TopicRow.Builder row = TopicRow.newBuilder()
                .setId(id(topic.id()))
                .setNamespace(topic.namespace())
                .setName(topic.name())
                .setState(state(topic.state()))
                .setPlacement(placement(topic.placement()))
                .setTimestamps(
                        TopicConfig.effective(topic.config(), Integer.MAX_VALUE).timestamps()
                                        == TopicConfig.Timestamps.LOG_APPEND_TIME
                                ? TopicTimestamps.LOG_APPEND_TIME
                                : TopicTimestamps.CREATE_TIME)
                .setReplication(topic.replication())
                .putAllConfig(topic.config())
                .putAllForeignConfig(topic.foreignConfig())
                .addAllFeatures(topic.features());
        for (Topic.Partition partition : topic.partitions()) {
            PartitionRow.Builder partitionRow = PartitionRow.newBuilder()
                    .setKeyLow(partition.keys().low())
                    .setKeyHigh(partition.keys().high())
                    .addAllParents(partition.parents());
            partition
                    .chain()
                    .forEach(link -> partitionRow.addChain(ChainRow.newBuilder()
                            .setShard(link.shard())
                            .setFirstOffset(link.firstOffset())
                            .setEpochBase(link.epochBase())));
            row.addPartitions(partitionRow);
        }
        return row.build();
    }

    static Topic topic(TopicRow row) {
        return new Topic(
                id(row.getId()),
                row.getNamespace(),
                row.getName(),
                state(row.getState()),
                placement(row.getPlacement()),
                row.getReplication(),
                row.getPartitionsList().stream()
                        .map(partition -> new Topic.Partition(
                                new KeyRange(partition.getKeyLow(), partition.getKeyHigh()),
                                partition.getParentsList(),
                                partition.getChainList().stream()
                                        .map(link -> new Topic.Link(
                                                link.getShard(), link.getFirstOffset(), link.getEpochBase()))
                                        .toList()))
                        .toList(),
                row.getConfigMap(),
                row.getForeignConfigMap(),
                row.getFeaturesList());
    }

    static CreateTopicIntent intent(NewTopic topic) {
        return CreateTopicIntent.newBuilder()
                .setName(topic.name())
                .setTopicId(id(topic.id()))
                .setNamespace(topic.namespace())
                .setPartitions(topic.partitions())
                .setReplication(topic.replication())
                .setPlacement(placement(topic.placement()))
                .putAllConfig(topic.config())
                .putAllForeignConfig(topic.foreignConfig())
                .addAllFeatures(topic.features())
                .build();
    }

    static NewTopic newTopic(CreateTopicIntent intent) {
        return new NewTopic(
                id(intent.getTopicId()),
                intent.getNamespace(),
                intent.getName(),
                intent.getPartitions(),
                intent.getReplication(),
                placement(intent.getPlacement()),
                intent.getConfigMap(),
                intent.getForeignConfigMap(),
                intent.getFeaturesList());
    }

    private static TopicState state(Topic.State state) {
        return switch (state) {
            case CREATING -> TopicState.CREATING;
            case LIVE -> TopicState.LIVE;
            case DELETING -> TopicState.DELETING;
        };
    }

    private static Topic.State state(TopicState state) {
        return switch (state) {
            case CREATING -> Topic.State.CREATING;
            case LIVE -> Topic.State.LIVE;
            case DELETING -> Topic.State.DELETING;
            default -> throw new IllegalArgumentException("unknown state of a topic: " + state);
        };
    }

    private static TopicPlacement placement(Placement placement) {
        return switch (placement) {
            case RANGES -> TopicPlacement.BY_RANGES;
            case MODULO -> TopicPlacement.BY_MODULO;
            case CLIENT -> TopicPlacement.BY_CLIENT;
        };
    }

    private static Placement placement(TopicPlacement placement) {
        return switch (placement) {
            case BY_RANGES -> Placement.RANGES;
            case BY_MODULO -> Placement.MODULO;
            case BY_CLIENT -> Placement.CLIENT;
            default -> throw new IllegalArgumentException("unknown placement: " + placement);
        };
    }

    /** A row's or entry's bytes that do not parse. */
    static IllegalStateException damaged(String what, InvalidProtocolBufferException cause) {
        return new IllegalStateException("metadata: " + what + " cannot be read", cause);
    }
}
