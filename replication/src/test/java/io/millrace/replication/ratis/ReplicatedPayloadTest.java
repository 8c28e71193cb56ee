package io.millrace.replication.ratis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.error.Effect;
import io.millrace.error.FaultException;
import io.millrace.replication.RaftVoter;
import io.millrace.replication.ratis.LocalStreams.Fate;
import io.millrace.replication.ratis.TestCluster.Node;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Three replicas: headers by Raft, payload beside it. {@link ListMachine} checks the bytes of each payload as it applies. */
class ReplicatedPayloadTest {
    @TempDir
    Path directory;

    private static void proposeAll(TestCluster cluster, Node leader, List<String> names) throws Exception {
        List<CompletableFuture<Long>> results = new ArrayList<>();
        for (String each : names) {
            results.add(cluster.propose(leader, each, Math.floorMod(each.hashCode(), 5) * 30_000));
        }
        for (CompletableFuture<Long> each : results) {
            each.get(30, TimeUnit.SECONDS);
        }
    }

    private static List<String> names(String prefix, int count) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            names.add(prefix + i);
        }
        return names;
    }

    @ParameterizedTest
    @EnumSource(Fate.class)
    void everyReplicaAppliesTheSameWhateverHappensToAPush(Fate fate) throws Exception {
        try (TestCluster cluster = new TestCluster(directory, 3)) {
            Node leader = cluster.awaitLeader();
            cluster.net.push = (from, to, id) -> id.raftIndex() % 2 == 0 ? fate : Fate.ARRIVES;
            List<String> names = names("e", 40);
            proposeAll(cluster, leader, names);
            cluster.awaitEqual(names);
            assertThat(cluster.failStops).isEmpty();
        }
    }

    @Test
    void everyReplicaAppliesTheSameThroughAMixOfFates() throws Exception {
        long seed = System.nanoTime();
        System.out.println("mix of fates, seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        Fate[] all = Fate.values();
        TestCluster cluster = new TestCluster(directory, 3);
        try (cluster) {
            Node leader = cluster.awaitLeader();
            cluster.net.push = (from, to, id) -> {
                synchronized (random) {
                    return all[random.nextInt(all.length)];
                }
            };
            List<String> names = names("e", 200);
            for (int from = 0; from < 200; from += 40) {
                proposeAll(cluster, leader, names.subList(from, from + 40));
            }
            cluster.awaitEqual(names);
            assertThat(cluster.failStops).isEmpty();
        }
        assertThat(cluster.net.outstanding).hasValueLessThan(2); // the last late one may still be held
    }

    @Test
    void aReplicaThatWasDownPullsWhatItMissed() throws Exception {
        try (TestCluster cluster = new TestCluster(directory, 3)) {
            Node leader = cluster.awaitLeader();
            List<String> names = new ArrayList<>(names("a", 10));
            proposeAll(cluster, leader, names);
            int follower = leader.id % 3 + 1;
            cluster.stop(follower);
            List<String> more = names("b", 30);
            proposeAll(cluster, leader, more);
            names.addAll(more);
            cluster.start(follower);
            cluster.awaitEqual(names);
            assertThat(cluster.net.pulls).hasPositiveValue();
        }
    }

    @Test
    void anotherLeadsWhenTheLeaderGoesAndNothingAcknowledgedIsLost() throws Exception {
        try (TestCluster cluster = new TestCluster(directory, 3)) {
            List<String> names = new ArrayList<>();
            for (int round = 0; round < 3; round++) {
                Node leader = cluster.awaitLeader();
                List<String> more = names("r" + round + "-", 20);
                proposeAll(cluster, leader, more);
                names.addAll(more);
                cluster.awaitEqual(names);
                cluster.stop(leader.id);
                Node next = cluster.awaitLeader();
                assertThat(next.id).isNotEqualTo(leader.id);
                cluster.start(leader.id);
            }
            cluster.awaitEqual(names);
            assertThat(cluster.failStops).isEmpty();
        }
    }

    @Test
    void aPayloadThatDiedWithItsLeaderDoesNotBlockTheOthers() throws Exception {
        try (TestCluster cluster = new TestCluster(directory, 3)) {
            Node leader = cluster.awaitLeader();
            List<String> names = names("a", 5);
            proposeAll(cluster, leader, names);
            cluster.awaitEqual(names);
            // From here on headers leave the leader and payload does not.
            int dead = leader.id;
            cluster.net.push = (from, to, id) -> from == dead ? Fate.LOST : Fate.ARRIVES;
            cluster.net.link = (from, to) -> to != dead;
            CompletableFuture<Long> lost = cluster.propose(leader, "lost", 1_000);
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> cluster.nodes().stream()
                            .filter(node -> node.id != dead)
                            .allMatch(node -> node.host.replicas(0).commitIndex() >= 0 && cluster.net.pulls.get() > 2));
            cluster.stop(dead);
            cluster.nodes().forEach(node -> node.exchange.refused(dead));
            cluster.nodes().forEach(node -> node.host.died(dead));
            assertThat(unknownOrNotWritten(lost)).isTrue();
            Node next = cluster.awaitLeader();
            List<String> more = new ArrayList<>(names);
            proposeAll(cluster, next, List.of("b0", "b1"));
            more.addAll(List.of("b0", "b1"));
            cluster.net.link = (from, to) -> true;
            cluster.start(dead);
            cluster.awaitEqual(more);
            assertThat(cluster.reopened).hasPositiveValue();
            assertThat(cluster.failStops).isEmpty();
        }
    }

    private static boolean unknownOrNotWritten(CompletableFuture<Long> future) throws Exception {
        try {
            future.get(30, TimeUnit.SECONDS);
            return false;
        } catch (ExecutionException e) {
            return e.getCause() instanceof FaultException fault
                    && (fault.fault().effect() == Effect.UNKNOWN
                            || fault.fault().effect() == Effect.NOT_WRITTEN);
        }
    }

    @Test
    void aFollowerOfADeadLeaderStandsAtOnce() throws Exception {
        try (TestCluster cluster = new TestCluster(directory, 3)) {
            Node leader = cluster.awaitLeader();
            List<String> names = names("a", 5);
            proposeAll(cluster, leader, names);
            cluster.awaitEqual(names);
            long before = leader.log().leadership().term();
            cluster.stop(leader.id);
            cluster.nodes().forEach(node -> node.host.died(leader.id));
            Node next = cluster.awaitLeader();
            assertThat(next.log().leadership().term()).isGreaterThan(before);
            proposeAll(cluster, next, List.of("b"));
        }
    }

    @Test
    void leadershipIsHandedOver() throws Exception {
        try (TestCluster cluster = new TestCluster(directory, 3)) {
            Node leader = cluster.awaitLeader();
            proposeAll(cluster, leader, names("a", 5));
            RaftVoter to = cluster.voters().get(leader.id % 3);
            leader.host.transfer(0, to, 5_000).get(20, TimeUnit.SECONDS);
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> cluster.node(to.brokerId()).log().leadership().leading());
            assertThat(cluster.awaitLeader().id).isEqualTo(to.brokerId());
        }
    }

    @Test
    void aNewReplicaIsAddedAndAnOldOneLeaves() throws Exception {
        try (TestCluster cluster = new TestCluster(directory, 3)) {
            Node leader = cluster.awaitLeader();
            List<String> names = new ArrayList<>(names("a", 30));
            proposeAll(cluster, leader, names);
            Node fourth = cluster.join(4);
            int leaving = leader.id % 3 + 1;
            List<RaftVoter> voters = new ArrayList<>(cluster.voters());
            voters.removeIf(voter -> voter.brokerId() == leaving);
            voters.add(fourth.voter);
            leader.host.reconfigure(0, voters, List.of(), 20_000).get(40, TimeUnit.SECONDS);
            cluster.stop(leaving);
            List<String> more = names("b", 10);
            proposeAll(cluster, leader, more);
            names.addAll(more);
            cluster.awaitEqual(names);
            assertThat(leader.host.replicas(0).voters())
                    .extracting(RaftVoter::brokerId)
                    .containsExactlyInAnyOrderElementsOf(
                            voters.stream().map(RaftVoter::brokerId).toList());
        }
    }
}
