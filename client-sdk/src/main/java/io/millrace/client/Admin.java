package io.millrace.client;

import io.millrace.client.cluster.ClusterView;
import io.millrace.client.cluster.PartitionCalls;
import io.millrace.client.transport.ServerStream;
import io.millrace.client.transport.Unary;
import io.millrace.error.FaultCodec;
import io.millrace.error.FaultException;
import io.millrace.v1.AlterTopicConfigRequest;
import io.millrace.v1.CreateTopicRequest;
import io.millrace.v1.DeleteTopicRequest;
import io.millrace.v1.DescribeClusterRequest;
import io.millrace.v1.DescribeTopicRequest;
import io.millrace.v1.ListOffsetsRequest;
import io.millrace.v1.ListTopicsRequest;
import io.millrace.v1.OffsetQuery;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Topics and the cluster. Thread safe. Each call waits for its answer, at most for the client's request timeout, and throws a {@link MillraceException}. Where the answer to a creation or deletion
 * was lost, that is an {@link IndeterminateException}: look before trying again.
 */
public final class Admin {
    private final ClusterView cluster;
    private final PartitionCalls calls;
    private final Positions positions;
    private final long timeoutNanos;

    Admin(ClusterView cluster, Positions positions, long timeoutNanos) {
        this.cluster = cluster;
        this.calls = new PartitionCalls(cluster);
        this.positions = positions;
        this.timeoutNanos = timeoutNanos;
    }

    public TopicDescription createTopic(NewTopic topic) {
        return create(topic, false);
    }

    /** Checks all and creates nothing; returns what would be created. */
    public TopicDescription validateTopic(NewTopic topic) {
        return create(topic, true);
    }

    private TopicDescription create(NewTopic topic, boolean validateOnly) {
        CreateTopicRequest request = CreateTopicRequest.newBuilder()
                .setName(topic.name())
                .setPartitions(topic.partitions())
                .setReplication(topic.replication())
                .setPlacement(Wire.placement(topic.placement()))
                .putAllConfig(topic.config())
                .setValidateOnly(validateOnly)
                .build();
        return Wire.topic(call(Unary.CREATE_TOPIC, request).getTopic());
    }

    /** All topics, by name, without bounds and sizes of their partitions. */
    public List<TopicDescription> listTopics() {
        return call(Unary.LIST_TOPICS, ListTopicsRequest.getDefaultInstance()).getTopicsList().stream()
                .map(Wire::topic)
                .sorted(Comparator.comparing(TopicDescription::name))
                .toList();
    }

    /** One topic, with bounds and sizes. */
    public TopicDescription describeTopic(String name) {
        DescribeTopicRequest request =
                DescribeTopicRequest.newBuilder().setName(name).build();
        return Wire.topic(call(Unary.DESCRIBE_TOPIC, request).getTopic());
    }

    /** Deletes a topic and its records, for ever. */
    public void deleteTopic(String name) {
        call(Unary.DELETE_TOPIC, DeleteTopicRequest.newBuilder().setName(name).build());
        cluster.forget(name);
    }

    /**
     * Changes a topic's settings.
     *
     * @param set keys and their new values
     * @param reset keys that return to their default
     */
    public TopicDescription alterTopicConfig(String name, Map<String, String> set, Collection<String> reset) {
        AlterTopicConfigRequest request = AlterTopicConfigRequest.newBuilder()
                .setName(name)
                .putAllSet(set)
                .addAllReset(reset)
                .build();
        return Wire.topic(call(Unary.ALTER_TOPIC_CONFIG, request).getTopic());
    }

    /** Brokers, shards and their replicas, and what is not as it should be. Takes a second where a broker does not answer. */
    public ClusterDescription describeCluster() {
        return Wire.cluster(call(
                Unary.DESCRIBE_CLUSTER,
                DescribeClusterRequest.newBuilder().setWithHealth(true).build()));
    }

    /**
     * Compares the replicas of each data shard, at one entry of its log, and where that is asked for reads all that they store. Returns once each shard has its verdict, for which there
     * is no timeout; an interrupt ends it.
     */
    public void verifyReplicas(Verification.Request request, Verification.Listener listener) {
        try {
            cluster.rpc()
                    .call(
                            ServerStream.VERIFY_REPLICAS,
                            VerificationWire.request(request),
                            event -> VerificationWire.tell(event, listener));
        } catch (FaultException e) {
            throw Failures.of(e);
        }
    }

    /** Looks a place up in each partition. */
    public Map<TopicPartition, FoundOffset> offsets(Collection<TopicPartition> partitions, StartAt place) {
        try {
            Map<TopicPartition, FoundOffset> found = new TreeMap<>();
            calls.forEachPartition(
                    partitions,
                    TopicPartition::topic,
                    TopicPartition::partition,
                    Unary.LIST_OFFSETS,
                    parts -> {
                        ListOffsetsRequest.Builder request = ListOffsetsRequest.newBuilder();
                        parts.forEach(each -> request.addQueries(OffsetQuery.newBuilder()
                                .setTopic(each.topic())
                                .setPartition(each.partition())
                                .setPoint(Wire.startPoint(place))));
                        return request.build();
                    },
                    response -> response.getAnswersList(),
                    answer -> answer.hasError() ? FaultCodec.decode(answer.getError()) : null,
                    (part, answer) -> found.put(
                            part,
                            new FoundOffset(
                                    answer.getOffset(),
                                    answer.getTimestampMillis(),
                                    answer.getLogStart(),
                                    answer.getLogEnd())),
                    timeoutNanos);
            return found;
        } catch (FaultException e) {
            throw Failures.of(e);
        }
    }

    /** What a group has committed on all partitions of a topic, in rising order of their number. */
    public List<GroupPosition> positions(String group, String topic) {
        return positions.of(group, topic);
    }

    private <Q, R> R call(Unary<Q, R> unary, Q request) {
        try {
            return cluster.rpc().call(unary, request, timeoutNanos);
        } catch (FaultException e) {
            throw Failures.of(e);
        }
    }
}
