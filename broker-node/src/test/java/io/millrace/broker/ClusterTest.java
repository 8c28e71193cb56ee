package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.v1.BrokerDescription;
import io.millrace.v1.DescribeClusterResponse;
import io.millrace.v1.ErrorCode;
import io.millrace.v1.FetchResult;
import io.millrace.v1.ListTopicsRequest;
import io.millrace.v1.OpenProducerRequest;
import io.millrace.v1.PartitionDescription;
import io.millrace.v1.ProduceResult;
import io.millrace.v1.ShardDescription;
import io.millrace.v1.TopicDescription;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three brokers as one cluster: any of them takes topics, leaders take records, the others say who leads. */
final class ClusterTest {
    @TempDir
    Path directory;

    @Test
    void threeBrokersAreOneCluster() {
        try (TestCluster cluster = TestCluster.start(directory, 3)) {
            for (int id : cluster.ids()) {
                DescribeClusterResponse seen = cluster.describe(id);
                assertThat(seen.getClusterId()).isEqualTo(cluster.describe(1).getClusterId());
                assertThat(seen.getProblemsList()).isEmpty();
                assertThat(seen.getBrokersList())
                        .extracting(BrokerDescription::getId)
                        .containsExactly(1, 2, 3);
                assertThat(seen.getBrokersList()).allMatch(BrokerDescription::getReachable);
                assertThat(seen.getShardsList())
                        .extracting(ShardDescription::getId)
                        .containsExactly(0, 1, 2, 3);
                assertThat(seen.getShardsList()).allMatch(shard -> shard.getReplicasCount() == 3);
                assertThat(seen.getShardsList()).allMatch(shard -> shard.getLeader() > 0);
            }
            // A topic through each broker, seen at once by all the others.
            for (int id : cluster.ids()) {
                TopicDescription made = cluster.broker(id).createTopic("made-at-" + id, 3);
                assertThat(made.getReplication()).isEqualTo(3);
                for (int other : cluster.ids()) {
                    assertThat(cluster.broker(other)
                                    .admin()
                                    .listTopics(ListTopicsRequest.getDefaultInstance())
                                    .getTopicsList())
                            .extracting(TopicDescription::getName)
                            .contains("made-at-" + id);
                }
            }
            producesAtLeadersOnly(cluster, "made-at-2");
        }
    }

    private static void producesAtLeadersOnly(TestCluster cluster, String name) {
        TopicDescription topic = cluster.broker(1)
                .admin()
                .describeTopic(io.millrace.v1.DescribeTopicRequest.newBuilder()
                        .setName(name)
                        .build())
                .getTopic();
        for (PartitionDescription partition : topic.getPartitionsList()) {
            int number = partition.getPartition();
            for (int id : cluster.ids()) {
                TestBroker broker = cluster.broker(id);
                ProduceResult result;
                try (ProduceCall call = new ProduceCall(broker)) {
                    result = call.send(ProduceFetchTest.batch(name, number, "a", "b"))
                            .getResults(0);
                }
                FetchResult fetched = ProduceFetchTest.fetchOne(broker, name, number, 0);
                if (id == partition.getLeader()) {
                    assertThat(result.hasError()).as(result.toString()).isFalse();
                    assertThat(ProduceFetchTest.values(fetched)).containsExactly("a", "b");
                } else {
                    int port = cluster.broker(partition.getLeader()).broker.grpcPort();
                    assertThat(result.getError().getCode()).isEqualTo(ErrorCode.NOT_LEADER);
                    assertThat(result.getError().getLeader().getPort()).isEqualTo(port);
                    assertThat(fetched.getError().getCode()).isEqualTo(ErrorCode.NOT_LEADER);
                    assertThat(fetched.getError().getLeader().getPort()).isEqualTo(port);
                }
            }
        }
    }

    @Test
    void producerIdsAreGivenOnceByTheWholeCluster() {
        try (TestCluster cluster = TestCluster.start(directory, 3)) {
            Set<Long> ids = new HashSet<>();
            for (int round = 0; round < 5; round++) {
                for (TestBroker broker : cluster.brokers()) {
                    assertThat(ids.add(broker.produce()
                                    .openProducer(OpenProducerRequest.getDefaultInstance())
                                    .getProducerId()))
                            .isTrue();
                }
            }
        }
    }
}
