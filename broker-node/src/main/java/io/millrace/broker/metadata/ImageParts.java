package io.millrace.broker.metadata;

import io.millrace.internal.v1.BrokerRow;
import io.millrace.internal.v1.MetadataPart;
import io.millrace.internal.v1.ShardRow;
import io.millrace.internal.v1.TopicRow;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A {@link ClusterImage} in parts of bounded size, as it travels between brokers, and back. An instance puts one stream together; not thread safe. */
public final class ImageParts {
    private static final int PART_BYTES = 1 << 20;

    private final List<MetadataPart> open = new ArrayList<>();

    /** In order; the last one says so. */
    public static List<MetadataPart> split(ClusterImage image) {
        List<MetadataPart> parts = new ArrayList<>();
        MetadataPart.Builder part =
                MetadataPart.newBuilder().setVersion(image.version()).setCluster(MetadataCodec.clusterRow(image));
        image.brokers().values().forEach(broker -> part.addBrokers(MetadataCodec.brokerRow(broker)));
        image.shards().values().forEach(shard -> part.addShards(MetadataCodec.shardRow(shard)));
        long bytes = part.build().getSerializedSize();
        for (Topic topic : image.topics().values()) {
            TopicRow row = MetadataCodec.topicRow(topic);
            if (bytes + row.getSerializedSize() > PART_BYTES && part.getTopicsCount() > 0) {
                parts.add(part.build());
                part.clear().setVersion(image.version());
                bytes = 0;
            }
            part.addTopics(row);
            bytes += row.getSerializedSize();
        }
        parts.add(part.setLast(true).build());
        return parts;
    }

    /** The image that the part completes; null: more come. A part of another version begins anew. */
    public @Nullable ClusterImage add(MetadataPart part) {
        if (!open.isEmpty() && open.get(0).getVersion() != part.getVersion()) {
            open.clear();
        }
        open.add(part);
        if (!part.getLast()) {
            return null;
        }
        ClusterImage image = join(List.copyOf(open));
        open.clear();
        return image;
    }

    private static ClusterImage join(List<MetadataPart> parts) {
        TreeMap<Integer, BrokerEntry> brokers = new TreeMap<>();
        TreeMap<Integer, ShardEntry> shards = new TreeMap<>();
        Map<UUID, Topic> topics = new HashMap<>();
        Map<String, UUID> topicIds = new HashMap<>();
        for (MetadataPart part : parts) {
            for (BrokerRow row : part.getBrokersList()) {
                brokers.put(row.getId(), MetadataCodec.broker(row));
            }
            for (ShardRow row : part.getShardsList()) {
                shards.put(row.getId(), MetadataCodec.shard(row));
            }
            for (TopicRow row : part.getTopicsList()) {
                Topic topic = MetadataCodec.topic(row);
                topics.put(topic.id(), topic);
                topicIds.put(topic.name(), topic.id());
            }
        }
        var cluster = parts.get(0).getCluster();
        return new ClusterImage(
                cluster.getClusterId().isEmpty() ? null : MetadataCodec.id(cluster.getClusterId()),
                cluster.getVersion(),
                brokers,
                shards,
                Map.copyOf(topics),
                Map.copyOf(topicIds),
                MetadataCodec.slots(cluster),
                cluster.getNextProducerId());
    }
}
