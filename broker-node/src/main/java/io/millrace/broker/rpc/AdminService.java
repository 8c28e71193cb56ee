package io.millrace.broker.rpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.cluster.LeaderTable;
import io.millrace.broker.cluster.LeaderTable.Leader;
import io.millrace.broker.cluster.Peer;
import io.millrace.broker.metadata.Bounds;
import io.millrace.broker.metadata.BrokerEntry;
import io.millrace.broker.metadata.ClusterImage;
import io.millrace.broker.metadata.MetadataShard;
import io.millrace.broker.metadata.Partitions;
import io.millrace.broker.metadata.Placement;
import io.millrace.broker.metadata.ShardEntry;
import io.millrace.broker.metadata.Topic;
import io.millrace.broker.metadata.Topics;
import io.millrace.broker.ops.ClusterHealth;
import io.millrace.broker.ops.ReplicaState;
import io.millrace.v1.AdminServiceGrpc;
import io.millrace.v1.AlterTopicConfigRequest;
import io.millrace.v1.AlterTopicConfigResponse;
import io.millrace.v1.BrokerDescription;
import io.millrace.v1.CreateTopicRequest;
import io.millrace.v1.CreateTopicResponse;
import io.millrace.v1.DeleteTopicRequest;
import io.millrace.v1.DeleteTopicResponse;
import io.millrace.v1.DescribeClusterRequest;
import io.millrace.v1.DescribeClusterResponse;
import io.millrace.v1.DescribeTopicRequest;
import io.millrace.v1.DescribeTopicResponse;
import io.millrace.v1.Endpoint;
import io.millrace.v1.ListTopicsRequest;
import io.millrace.v1.ListTopicsResponse;
import io.millrace.v1.PartitionDescription;
import io.millrace.v1.ReplicaDescription;
import io.millrace.v1.ShardDescription;
import io.millrace.v1.TopicDescription;
import io.millrace.v1.VerifyReplicasRequest;
import io.millrace.v1.VerifyReplicasResponse;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The gRPC face of topics and the cluster. Translates; decides nothing. */
final class AdminService extends AdminServiceGrpc.AdminServiceImplBase {
    /** Whoever looks at a topic whose shard has no leader is told so soon. */
    private static final Duration BOUNDS_PATIENCE = Duration.ofSeconds(2);

    private final MetadataShard metadata;
    private final Partitions partitions;
    private final Topics topics;
    private final Errors errors;
    private final Deadlines deadlines;
    private final ClusterHealth health;
    private final VerifyCalls verifyCalls;
    private final int brokerId;
    private final String version;

    AdminService(
            MetadataShard metadata,
            Partitions partitions,
            Topics topics,
            Errors errors,
            Deadlines deadlines,
            ClusterHealth health,
            VerifyCalls verifyCalls,
            int brokerId,
            String version) {
        this.metadata = metadata;
        this.partitions = partitions;
        this.topics = topics;
        this.errors = errors;
        this.deadlines = deadlines;
        this.health = health;
        this.verifyCalls = verifyCalls;
        this.brokerId = brokerId;
        this.version = version;
    }

    @Override
    public void createTopic(CreateTopicRequest request, StreamObserver<CreateTopicResponse> responses) {
        Unary.answer(responses, errors, () -> {
            Topics.Request wanted = new Topics.Request(
                    request.getName(),
                    request.getPartitions(),
                    request.getReplication(),
                    placement(request),
                    request.getConfigMap());
            Topic topic = topics.create(wanted, request.getValidateOnly(), deadlines.ofCall());
            return CreateTopicResponse.newBuilder()
                    .setTopic(description(topic, Map.of()))
                    .build();
        });
    }

    private static Placement placement(CreateTopicRequest request) {
        return switch (request.getPlacement()) {
            case RANGES -> Placement.RANGES;
            case MODULO -> Placement.MODULO;
            case CLIENT -> Placement.CLIENT;
            case UNRECOGNIZED ->
                throw Errors.invalid(
                                Topic.resource(request.getName()),
                                "Placement " + request.getPlacementValue() + " is not known to this broker.")
                        .asException();
        };
    }

    @Override
    public void listTopics(ListTopicsRequest request, StreamObserver<ListTopicsResponse> responses) {
        Unary.answer(responses, errors, () -> {
            ListTopicsResponse.Builder response = ListTopicsResponse.newBuilder();
            metadata.image().topicsByName().stream()
                    .filter(topic -> topic.state() == Topic.State.LIVE)
                    .forEach(topic -> response.addTopics(description(topic, Map.of())));
            return response.build();
        });
    }

    @Override
    public void describeTopic(DescribeTopicRequest request, StreamObserver<DescribeTopicResponse> responses) {
        Unary.answer(responses, errors, () -> {
            Topic topic = partitions.topic(request.getName());
            return DescribeTopicResponse.newBuilder()
                    .setTopic(description(
                            topic,
                            request.getWithoutBounds()
                                    ? Map.of()
                                    : topics.bounds(topic, deadlines.ofCallAtMost(BOUNDS_PATIENCE))))
                    .build();
        });
    }

    @Override
    public void deleteTopic(DeleteTopicRequest request, StreamObserver<DeleteTopicResponse> responses) {
        Unary.answer(responses, errors, () -> {
            topics.delete(request.getName(), deadlines.ofCall());
            return DeleteTopicResponse.getDefaultInstance();
        });
    }

    @Override
    public void alterTopicConfig(AlterTopicConfigRequest request, StreamObserver<AlterTopicConfigResponse> responses) {
        Unary.answer(responses, errors, () -> {
            Topic topic = topics.alter(
                    request.getName(), request.getSetMap(), request.getResetList(), request.getValidateOnly());
            return AlterTopicConfigResponse.newBuilder()
                    .setTopic(description(topic, Map.of()))
                    .build();
        });
    }

    private TopicDescription description(Topic topic, Map<Integer, Bounds> bounds) {
        TopicDescription.Builder description = TopicDescription.newBuilder()
                .setName(topic.name())
                .setId(WireBytes.of(topic.id()))
                .setPlacement(
                        switch (topic.placement()) {
                            case RANGES -> io.millrace.v1.Placement.RANGES;
                            case MODULO -> io.millrace.v1.Placement.MODULO;
                            case CLIENT -> io.millrace.v1.Placement.CLIENT;
                        })
                .setReplication(topic.replication())
                .putAllConfig(topic.config())
                .putAllEffectiveConfig(topics.effectiveConfig(topic).asMap());
        for (int number = 0; number < topic.partitions().size(); number++) {
            description.addPartitions(partition(topic, number, bounds.get(number)));
        }
        return description.build();
    }

    private PartitionDescription partition(Topic topic, int number, @Nullable Bounds bounds) {
        Topic.Partition partition = topic.partitions().get(number);
        PartitionDescription.Builder description = PartitionDescription.newBuilder()
                .setPartition(number)
                .setShard(partition.shard())
                .setLeader(-1)
                .setLeaderEpoch(-1)
                .setKeyLow(partition.keys().low())
                .setKeyHigh(partition.keys().high());
        Leader leader = partitions.leader(partition.shard());
        if (leader.broker() != LeaderTable.UNKNOWN) {
            Topic.Link last = partition.chain().get(partition.chain().size() - 1);
            description.setLeader(leader.broker());
            description.setLeaderEpoch(Math.toIntExact(last.epochBase() + leader.term()));
        }
        if (bounds != null) {
            description
                    .setLogStart(bounds.logStart())
                    .setLogEnd(bounds.logEnd())
                    .setRecords(bounds.records())
                    .setBytes(bounds.bytes());
        }
        return description.build();
    }

    @Override
    public void describeCluster(DescribeClusterRequest request, StreamObserver<DescribeClusterResponse> responses) {
        Unary.answer(responses, errors, () -> {
            ClusterImage image = metadata.image();
            DescribeClusterResponse.Builder response =
                    DescribeClusterResponse.newBuilder().setVersion(version).setProtocol(Gate.PROTOCOL);
            if (image.clusterId() != null) {
                response.setClusterId(WireBytes.of(image.clusterId()));
            }
            ClusterHealth.View view = request.getWithHealth() ? health.look() : health.glance();
            image.brokers().values().forEach(broker -> response.addBrokers(description(broker, view)));
            image.shards().values().forEach(shard -> response.addShards(description(shard, view)));
            response.addAllProblems(view.problems());
            return response.build();
        });
    }

    @Override
    public void verifyReplicas(VerifyReplicasRequest request, StreamObserver<VerifyReplicasResponse> responses) {
        verifyCalls.run(request, (ServerCallStreamObserver<VerifyReplicasResponse>) responses);
    }

    private static BrokerDescription description(BrokerEntry broker, ClusterHealth.View view) {
        BrokerDescription.Builder description = BrokerDescription.newBuilder()
                .setId(broker.id())
                .setRack(broker.rack())
                .setState(broker.state().name().toLowerCase(Locale.ROOT))
                .setReachable(view.reachable().contains(broker.id()));
        BrokerEntry.Listener client = broker.client();
        if (client != null) {
            description.setEndpoint(Endpoint.newBuilder().setHost(client.host()).setPort(client.port()));
        }
        Peer peer = broker.peer();
        if (peer != null) {
            description
                    .setClusterPort(peer.clusterPort())
                    .setRaftPort(peer.raftPort())
                    .setPayloadPort(peer.payloadPort());
        }
        return description.build();
    }

    private ShardDescription description(ShardEntry entry, ClusterHealth.View view) {
        Leader leader = partitions.leader(entry.id());
        ShardDescription.Builder description = ShardDescription.newBuilder()
                .setId(entry.id())
                .setKind(entry.kind().name().toLowerCase(Locale.ROOT))
                .setLeader(leader.broker())
                .setTerm(leader.term())
                .setAppliedIndex(view.appliedIndex(entry.id(), leader.broker(), brokerId));
        for (int broker : entry.replicas()) {
            ReplicaState replica = view.replica(entry.id(), broker);
            ReplicaDescription.Builder one =
                    ReplicaDescription.newBuilder().setBroker(broker).setAppliedIndex(-1);
            if (replica != null) {
                one.setAppliedIndex(replica.appliedIndex())
                        .setLag(Math.max(0, description.getAppliedIndex() - replica.appliedIndex()))
                        .setProblem(replica.quarantined());
            } else if (view.isComplete()) {
                one.setProblem("does not answer");
            }
            description.addReplicas(one);
        }
        return description.build();
    }
}
