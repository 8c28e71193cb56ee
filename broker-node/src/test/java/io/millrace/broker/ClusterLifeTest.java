package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.error.ErrorCode;
import io.millrace.error.FaultException;
import io.millrace.testing.FreePorts;
import io.millrace.v1.DescribeClusterResponse;
import io.millrace.v1.FetchPart;
import io.millrace.v1.FetchRequest;
import io.millrace.v1.FetchResult;
import io.millrace.v1.ShardDescription;
import io.millrace.v1.TopicDescription;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Brokers of a cluster come and go: all at once, one by one, with and without their disks. */
final class ClusterLifeTest {
    @TempDir
    Path directory;

    private static void delete(Path root) {
        try (Stream<Path> all = Files.walk(root)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static ErrorCode refusal(CompletableFuture<TestBroker> start) {
        try {
            start.orTimeout(60, java.util.concurrent.TimeUnit.SECONDS).join().close();
        } catch (CompletionException e) {
            if (e.getCause() instanceof FaultException fault) {
                return fault.fault().code();
            }
            throw e;
        }
        throw new AssertionError("it started");
    }

    private static void produce(TestCluster cluster, int at, TopicDescription topic, String value) {
        int leader = leader(cluster, at, topic);
        try (ProduceCall call = new ProduceCall(cluster.broker(leader))) {
            // A topic that another broker has made may be news to the leader: it says so, and a client tries again.
            var result = Awaitility.await("produce to " + topic.getName())
                    .atMost(Duration.ofSeconds(20))
                    .until(
                            () -> call.send(ProduceFetchTest.batch(topic.getName(), 0, value))
                                    .getResults(0),
                            answer -> !answer.hasError() || !answer.getError().getRetryable());
            assertThat(result.hasError()).as(result.toString()).isFalse();
        }
    }

    private static int leader(TestCluster cluster, int at, TopicDescription topic) {
        return Awaitility.await("a leader of " + topic.getName())
                .atMost(Duration.ofSeconds(20))
                .until(
                        () -> cluster.leader(at, topic, 0),
                        leader -> cluster.running().containsKey(leader));
    }

    private static List<String> read(TestCluster cluster, int at, TopicDescription topic) {
        FetchResult result =
                ProduceFetchTest.fetchOne(cluster.broker(leader(cluster, at, topic)), topic.getName(), 0, 0);
        assertThat(result.hasError()).as(result.toString()).isFalse();
        return ProduceFetchTest.values(result);
    }

    @Test
    void nothingFormsBeforeAllSeedsAreThere() {
        try (TestCluster cluster = TestCluster.of(directory, 3)) {
            CompletableFuture<TestBroker> one = cluster.startLater(1);
            CompletableFuture<TestBroker> two = cluster.startLater(2);
            assertThat(one.isDone() || two.isDone()).isFalse();
            TestBroker three = cluster.start(3);
            assertThat(one.join().broker.clusterId())
                    .isEqualTo(two.join().broker.clusterId())
                    .isEqualTo(three.broker.clusterId());
            one.join().close();
            two.join().close();
        }
    }

    @Test
    void aRestartOfAllFindsWhatWasThereAndAsksNobody() {
        try (TestCluster cluster = TestCluster.start(directory, 3)) {
            TopicDescription topic = cluster.broker(2).createTopic("flights", 1);
            produce(cluster, 1, topic, "a");
            String id = cluster.describe(1).getClusterId().toStringUtf8();
            cluster.stopAll();
            cluster.startAll();
            cluster.awaitReady();
            assertThat(cluster.describe(3).getClusterId().toStringUtf8()).isEqualTo(id);
            assertThat(read(cluster, 1, topic)).containsExactly("a");
            produce(cluster, 2, topic, "b");
            assertThat(read(cluster, 3, topic)).containsExactly("a", "b");
        }
    }

    @Test
    void aStoppedBrokerHandsOverAndCatchesUpWhenItIsBack() {
        try (TestCluster cluster = TestCluster.start(directory, 3)) {
            TopicDescription topic = cluster.broker(1).createTopic("flights", 1);
            produce(cluster, 1, topic, "a");
            int leader = leader(cluster, 1, topic);
            cluster.stop(leader);
            int other = leader % 3 + 1;
            // Another one leads already: nobody had to notice that the old one is gone.
            assertThat(cluster.leader(other, topic, 0)).isNotEqualTo(leader).isPositive();
            produce(cluster, other, topic, "b");
            assertThat(cluster.describe(other).getProblemsList())
                    .anyMatch(problem -> problem.contains("Broker " + leader + " does not answer"));
            // Metadata goes on too.
            TopicDescription second = cluster.broker(other).createTopic("second", 1);
            produce(cluster, other, second, "c");
            cluster.start(leader);
            cluster.awaitReady();
            assertThat(read(cluster, leader, topic)).containsExactly("a", "b");
            assertThat(read(cluster, leader, second)).containsExactly("c");
            Awaitility.await("the replica has caught up")
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> cluster.describe(leader), seen -> seen.getProblemsCount() == 0);
        }
    }

    @Test
    void aFetchThatWaitsIsToldWhenLeadershipGoesElsewhere() {
        try (TestCluster cluster = TestCluster.start(directory, 3)) {
            TopicDescription topic = cluster.broker(1).createTopic("flights", 1);
            int leader = leader(cluster, 1, topic);
            try (FetchCall call = new FetchCall(cluster.broker(leader))) {
                call.sendOnly(FetchRequest.newBuilder()
                        .setMaxWaitMillis(60_000)
                        .setMinBytes(1)
                        .addParts(FetchPart.newBuilder().setTopic("flights").setMaxBytes(1000))
                        .build());
                CompletableFuture<Void> stop = CompletableFuture.runAsync(
                        () -> cluster.broker(leader).broker.close());
                var error = call.next().getResults(0).getError();
                assertThat(error.getCode())
                        .isIn(io.millrace.v1.ErrorCode.NOT_LEADER, io.millrace.v1.ErrorCode.SHARD_UNAVAILABLE);
                stop.orTimeout(60, java.util.concurrent.TimeUnit.SECONDS).join();
            }
        }
    }

    @Test
    void aBrokerThatLostItsDiskComesBackAsAnotherPeerAndItsOldDiskDoesNot() throws IOException {
        try (TestCluster cluster = TestCluster.start(directory, 3)) {
            TopicDescription topic = cluster.broker(1).createTopic("flights", 1);
            produce(cluster, 1, topic, "a");
            cluster.stop(3);
            Path old = directory.resolve("old-disk");
            Files.move(cluster.directory(3), old);
            cluster.start(3);
            assertThat(cluster.describe(3).getClusterId())
                    .isEqualTo(cluster.describe(1).getClusterId());
            assertThat(cluster.describe(3).getProblemsList())
                    .anyMatch(problem -> problem.contains("Broker 3 has no replica of shard 1, but should"));
            // It serves as a way in: metadata goes through it, and it knows the leaders.
            cluster.broker(3).createTopic("more", 1);
            assertThat(read(cluster, 3, topic)).containsExactly("a");
            cluster.stop(3);
            delete(cluster.directory(3));
            Files.move(old, cluster.directory(3));
            assertThat(refusal(cluster.startLater(3))).isEqualTo(ErrorCode.STALE_BROKER);
        }
    }

    @Test
    void strangersAreRefused() {
        try (TestCluster cluster = TestCluster.start(directory, 3)) {
            List<Integer> ports = FreePorts.take(3);
            String[] elsewhere = {
                "cluster.port=" + ports.get(0),
                "cluster.raft-port=" + ports.get(1),
                "cluster.payload-port=" + ports.get(2)
            };
            // A broker with an id that is taken.
            Path twin = directory.resolve("twin");
            assertThat(refusal(CompletableFuture.supplyAsync(() -> TestBroker.start(
                            twin,
                            Stream.concat(
                                            Stream.of(elsewhere),
                                            Stream.of("cluster.broker-id=2", "cluster.seeds=" + cluster.seeds()))
                                    .toArray(String[]::new)))))
                    .isEqualTo(ErrorCode.BROKER_ID_IN_USE);
            // A broker that is told to be of another cluster.
            assertThat(refusal(CompletableFuture.supplyAsync(() -> TestBroker.start(
                            directory.resolve("foreign"),
                            Stream.concat(
                                            Stream.of(elsewhere),
                                            Stream.of(
                                                    "cluster.broker-id=9",
                                                    "cluster.id=00000000-0000-0001-0000-000000000002",
                                                    "cluster.seeds=" + cluster.seeds()))
                                    .toArray(String[]::new)))))
                    .isEqualTo(ErrorCode.WRONG_CLUSTER);
        }
        // A member's directory does not start alone, nor one that stands alone as a member.
        assertThat(refusal(CompletableFuture.supplyAsync(
                        () -> TestBroker.start(directory.resolve("broker-1"), "cluster.broker-id=1"))))
                .isEqualTo(ErrorCode.INVALID_CONFIG);
        TestBroker.start(directory.resolve("alone")).close();
        assertThat(refusal(CompletableFuture.supplyAsync(
                        () -> TestBroker.start(directory.resolve("alone"), "cluster.seeds=127.0.0.1:1"))))
                .isEqualTo(ErrorCode.WRONG_CLUSTER);
    }

    @Test
    void aFurtherBrokerJoinsAndIsAWayIn() {
        try (TestCluster cluster = TestCluster.start(directory, 3)) {
            TopicDescription topic = cluster.broker(1).createTopic("flights", 1);
            produce(cluster, 1, topic, "a");
            cluster.join(4);
            cluster.awaitReady();
            DescribeClusterResponse seen = cluster.describe(4);
            assertThat(seen.getBrokersCount()).isEqualTo(4);
            assertThat(seen.getProblemsList()).isEmpty();
            assertThat(read(cluster, 4, topic)).containsExactly("a");
            TopicDescription made = cluster.broker(4).createTopic("by-the-fourth", 2);
            produce(cluster, 4, made, "b");
            assertThat(seen.getShardsList()).allMatch(shard -> shard.getReplicasCount() == 3);
            cluster.stop(4);
            cluster.start(4);
            cluster.awaitReady();
            assertThat(cluster.describe(4).getShardsList())
                    .extracting(ShardDescription::getLeader)
                    .allMatch(leader -> leader > 0 && leader < 4);
        }
    }

    @Test
    void leadersSpreadOverTheBrokers() {
        try (TestCluster cluster = TestCluster.start(directory, 3)) {
            Awaitility.await("each broker leads the shard that it is to lead")
                    .atMost(Duration.ofSeconds(40))
                    .until(() -> cluster.describe(1).getShardsList().stream()
                            .allMatch(shard ->
                                    shard.getLeader() == shard.getReplicas(0).getBroker()));
        }
    }
}
