package io.millrace.client;

import io.millrace.client.transport.StatusTranslator;
import io.millrace.v1.BrokerDescription;
import io.millrace.v1.DescribeClusterResponse;
import io.millrace.v1.ReplicaDescription;
import io.millrace.v1.ShardDescription;
import io.millrace.v1.StartPoint;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Between the API's values and the messages that travel. Pure. */
final class Wire {
    private Wire() {}

    static StartPoint startPoint(StartAt start) {
        StartPoint.Builder point = StartPoint.newBuilder();
        if (start instanceof StartAt.Offset offset) {
            point.setOffset(offset.offset());
        } else if (start instanceof StartAt.Time time) {
            point.setTimestampMillis(time.instant().toEpochMilli());
        } else if (start instanceof StartAt.End) {
            point.setEnd(true);
        } else if (start instanceof StartAt.Start) {
            point.setStart(true);
        } else {
            throw new AssertionError("no field for " + start);
        }
        return point.build();
    }

    static io.millrace.v1.Placement placement(Placement placement) {
        return switch (placement) {
            case RANGES -> io.millrace.v1.Placement.RANGES;
            case MODULO -> io.millrace.v1.Placement.MODULO;
            case CLIENT -> io.millrace.v1.Placement.CLIENT;
        };
    }

    private static Placement placement(io.millrace.v1.Placement placement) {
        return switch (placement) {
            case RANGES, UNRECOGNIZED -> Placement.RANGES;
            case MODULO -> Placement.MODULO;
            case CLIENT -> Placement.CLIENT;
        };
    }

    static TopicDescription topic(io.millrace.v1.TopicDescription topic) {
        return new TopicDescription(
                topic.getName(),
                StatusTranslator.hex(topic.getId()),
                placement(topic.getPlacement()),
                topic.getReplication(),
                topic.getPartitionsList().stream().map(Wire::partition).toList(),
                sorted(topic.getConfigMap()),
                sorted(topic.getEffectiveConfigMap()));
    }

    private static PartitionDescription partition(io.millrace.v1.PartitionDescription each) {
        return new PartitionDescription(
                each.getPartition(),
                each.getShard(),
                each.getLeader(),
                each.getLeaderEpoch(),
                each.getKeyLow(),
                each.getKeyHigh(),
                each.getLogStart(),
                each.getLogEnd(),
                each.getRecords(),
                each.getBytes());
    }

    private static Map<String, String> sorted(Map<String, String> map) {
        return java.util.Collections.unmodifiableMap(new TreeMap<>(map));
    }

    static ClusterDescription cluster(DescribeClusterResponse cluster) {
        List<ClusterDescription.Broker> brokers =
                cluster.getBrokersList().stream().map(Wire::broker).toList();
        List<ClusterDescription.Shard> shards =
                cluster.getShardsList().stream().map(Wire::shard).toList();
        return new ClusterDescription(
                StatusTranslator.hex(cluster.getClusterId()),
                brokers,
                shards,
                cluster.getProblemsList(),
                cluster.getVersion(),
                cluster.getProtocol());
    }

    private static ClusterDescription.Broker broker(BrokerDescription each) {
        return new ClusterDescription.Broker(
                each.getId(),
                each.getEndpoint().getHost(),
                each.getEndpoint().getPort(),
                each.getRack(),
                each.getState(),
                each.getReachable());
    }

    private static ClusterDescription.Shard shard(ShardDescription each) {
        return new ClusterDescription.Shard(
                each.getId(),
                each.getKind(),
                each.getLeader(),
                each.getTerm(),
                each.getAppliedIndex(),
                each.getReplicasList().stream().map(Wire::replica).toList());
    }

    private static ClusterDescription.Replica replica(ReplicaDescription each) {
        return new ClusterDescription.Replica(
                each.getBroker(), each.getAppliedIndex(), each.getLag(), each.getProblem());
    }
}
