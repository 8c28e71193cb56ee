package io.millrace.broker.metadata;

import com.google.protobuf.InvalidProtocolBufferException;
import io.millrace.internal.v1.BrokerRow;
import io.millrace.internal.v1.ClusterRow;
import io.millrace.internal.v1.ShardRow;
import io.millrace.internal.v1.TopicRow;
import io.millrace.storage.Family;
import io.millrace.storage.Rows;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * A {@link ClusterImage} as rows of the metadata shard's {@link Family#COORDINATOR} family: 'c' the cluster, 'b' + id (4 bytes) a broker,
 * 's' + id a shard, 't' + id (16 bytes) a topic, 'T' the time of the last entry (8 bytes). Values are the messages of {@code metadata.proto}. Pure.
 */
final class MetadataRows {
    private static final byte[] CLUSTER_KEY = "c".getBytes(StandardCharsets.US_ASCII);

    private static final byte[] TIME_KEY = "T".getBytes(StandardCharsets.US_ASCII);

    private MetadataRows() {}

    /** The image that the rows hold; {@link ClusterImage#EMPTY} where there are none. */
    static ClusterImage read(Rows rows) {
        try {
            byte[] cluster = rows.get(Family.COORDINATOR, CLUSTER_KEY);
            if (cluster == null) {
                return ClusterImage.EMPTY;
            }
            ClusterRow row = ClusterRow.parseFrom(cluster);
            if (row.getFormat() != 1) {
                throw new IllegalStateException("metadata: format " + row.getFormat() + " is newer than this broker");
            }
            SortedMap<Integer, BrokerEntry> brokers = new TreeMap<>();
            for (byte[] value : values(rows, 'b')) {
                BrokerEntry broker = MetadataCodec.broker(BrokerRow.parseFrom(value));
                brokers.put(broker.id(), broker);
            }
            SortedMap<Integer, ShardEntry> shards = new TreeMap<>();
            for (byte[] value : values(rows, 's')) {
                ShardEntry shard = MetadataCodec.shard(ShardRow.parseFrom(value));
                shards.put(shard.id(), shard);
            }
            Map<UUID, Topic> topics = new HashMap<>();
            Map<String, UUID> topicIds = new HashMap<>();
            for (byte[] value : values(rows, 't')) {
                Topic topic = MetadataCodec.topic(TopicRow.parseFrom(value));
                topics.put(topic.id(), topic);
                topicIds.put(topic.name(), topic.id());
            }
            return new ClusterImage(
                    row.getClusterId().isEmpty() ? null : MetadataCodec.id(row.getClusterId()),
                    row.getVersion(),
                    brokers,
                    shards,
                    Map.copyOf(topics),
                    Map.copyOf(topicIds),
                    MetadataCodec.slots(row),
                    row.getNextProducerId());
        } catch (InvalidProtocolBufferException e) {
            throw MetadataCodec.damaged("a row", e);
        }
    }

    private static List<byte[]> values(Rows rows, char kind) {
        List<byte[]> values = new ArrayList<>();
        rows.scan(Family.COORDINATOR, new byte[] {(byte) kind}, new byte[] {(byte) (kind + 1)}, (key, value) -> {
            values.add(value);
            return true;
        });
        return values;
    }

    /** T of the last applied entry; 0: none yet. */
    static long readTime(Rows rows) {
        byte[] value = rows.get(Family.COORDINATOR, TIME_KEY);
        return value == null ? 0 : ByteBuffer.wrap(value).getLong();
    }

    static void writeTime(Rows rows, long timeMicros) {
        rows.put(
                Family.COORDINATOR,
                TIME_KEY,
                ByteBuffer.allocate(Long.BYTES).putLong(timeMicros).array());
    }

    /** Writes what differs. What did not change is the same object, so that the comparison is quick. */
    static void write(Rows rows, ClusterImage before, ClusterImage after) {
        rows.put(
                Family.COORDINATOR, CLUSTER_KEY, MetadataCodec.clusterRow(after).toByteArray());
        after.brokers().forEach((id, broker) -> {
            if (!Objects.equals(before.brokers().get(id), broker)) {
                rows.put(
                        Family.COORDINATOR,
                        key('b', id),
                        MetadataCodec.brokerRow(broker).toByteArray());
            }
        });
        after.shards().forEach((id, shard) -> {
            if (!Objects.equals(before.shards().get(id), shard)) {
                rows.put(
                        Family.COORDINATOR,
                        key('s', id),
                        MetadataCodec.shardRow(shard).toByteArray());
            }
        });
        after.topics().forEach((id, topic) -> {
            if (!Objects.equals(before.topics().get(id), topic)) {
                rows.put(
                        Family.COORDINATOR,
                        key(id),
                        MetadataCodec.topicRow(topic).toByteArray());
            }
        });
        before.topics().keySet().forEach(id -> {
            if (!after.topics().containsKey(id)) {
                rows.delete(Family.COORDINATOR, key(id));
            }
        });
    }

    private static byte[] key(char kind, int id) {
        return ByteBuffer.allocate(5).put((byte) kind).putInt(id).array();
    }

    private static byte[] key(UUID topic) {
        return ByteBuffer.allocate(17)
                .put((byte) 't')
                .put(MetadataCodec.bytes(topic))
                .array();
    }
}
