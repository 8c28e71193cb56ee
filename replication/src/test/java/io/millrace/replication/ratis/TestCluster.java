package io.millrace.replication.ratis;

import static org.awaitility.Awaitility.await;

import io.millrace.error.FaultException;
import io.millrace.replication.RaftVoter;
import io.millrace.replication.ReplicatedLog;
import io.millrace.replication.payload.PayloadEvents;
import io.millrace.replication.payload.PayloadExchange;
import io.millrace.replication.peer.ShardLeader;
import io.millrace.testing.FreePorts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Brokers with one shard each of the same group, in one process; payload goes over {@link LocalStreams}, headers over Ratis' own transport. */
final class TestCluster implements AutoCloseable {
    final LocalStreams.Net net = new LocalStreams.Net();
    final List<String> failStops = new CopyOnWriteArrayList<>();
    final AtomicInteger reopened = new AtomicInteger();
    final Map<Integer, AtomicInteger> behind = new ConcurrentHashMap<>();

    private final Path directory;
    private final List<RaftVoter> voters = new ArrayList<>();
    private final Map<Integer, Node> nodes = new TreeMap<>();
    private long term = -1;
    private long seq;

    /** One broker. */
    final class Node {
        final int id;
        final RaftVoter voter;
        final FileShardLog shardLog;
        final PayloadExchange exchange;
        final LocalStreams streams;
        final RatisHost host;
        final Path path;
        volatile ListMachine machine;
        private final ExecutorService mending = Executors.newSingleThreadExecutor();

        private Node(RaftVoter voter, List<RaftVoter> initial) throws IOException {
            this.id = voter.brokerId();
            this.voter = voter;
            this.path = directory.resolve("b" + id);
            Files.createDirectories(path.resolve("raft"));
            shardLog = FileShardLog.open(path.resolve("frames"));
            machine = new ListMachine(path.resolve("checkpoint"), shardLog);
            exchange = new PayloadExchange(
                    new PayloadEvents() {
                        @Override
                        public void announced(ShardLeader leader) {}

                        @Override
                        public void connection(int broker, boolean isUp) {}

                        @Override
                        public void died(int broker) {}
                    },
                    System::nanoTime);
            streams = new LocalStreams(net, id);
            exchange.attach(streams);
            host = RatisHost.start(
                    RatisConfig.member(
                            TestShard.CLUSTER,
                            id,
                            voter.incarnation(),
                            voter.host(),
                            voter.raftPort(),
                            System::nanoTime),
                    List.of(new RaftGroupSpec<>(0, path.resolve("raft"), shardLog, machine, initial)),
                    exchange,
                    new RatisEvents() {
                        @Override
                        public void stuck(int shard) {
                            mending.execute(() -> reopen(initial));
                        }

                        @Override
                        public void behind(int shard) {
                            behind.computeIfAbsent(id, any -> new AtomicInteger())
                                    .incrementAndGet();
                        }
                    },
                    (what, cause) -> failStops.add(id + ": " + what));
            net.listeners.put(id, exchange);
        }

        /** As after a crash of this replica: what is in memory only is gone. */
        private void reopen(List<RaftVoter> initial) {
            if (!exchangeIsOpen()) {
                return;
            }
            host.remove(0);
            reopened.incrementAndGet();
            host.add(new RaftGroupSpec<>(0, path.resolve("raft"), shardLog, machine, initial));
        }

        private boolean exchangeIsOpen() {
            return net.listeners.containsKey(id);
        }

        private boolean isLeading() {
            try {
                return log().leadership().leading();
            } catch (FaultException e) {
                return false; // it is being opened anew
            }
        }

        ReplicatedLog<Long> log() {
            return host.log(0);
        }

        void stop() {
            net.listeners.remove(id);
            mending.shutdown();
            try {
                mending.awaitTermination(30, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            host.close();
            exchange.close();
            streams.close();
            shardLog.close();
        }
    }

    TestCluster(Path directory, int count) throws IOException {
        this.directory = directory;
        for (int id = 1; id <= count; id++) {
            voters.add(newVoter(id));
        }
        for (RaftVoter each : voters) {
            nodes.put(each.brokerId(), new Node(each, voters));
        }
    }

    static RaftVoter newVoter(int id) {
        return new RaftVoter(id, 1, "127.0.0.1", FreePorts.take(1).get(0));
    }

    List<RaftVoter> voters() {
        return voters;
    }

    Node node(int id) {
        Node node = nodes.get(id);
        if (node == null) {
            throw new IllegalArgumentException("no broker " + id);
        }
        return node;
    }

    List<Node> nodes() {
        return List.copyOf(nodes.values());
    }

    Node start(int id) throws IOException {
        Node node = new Node(voters.get(id - 1), voters);
        nodes.put(id, node);
        return node;
    }

    /** A broker that nobody knows yet. */
    Node join(int id) throws IOException {
        Node node = new Node(newVoter(id), List.of());
        nodes.put(id, node);
        return node;
    }

    void stop(int id) {
        Node node = nodes.remove(id);
        if (node != null) {
            node.stop();
        }
    }

    @Nullable
    Node leaderNow() {
        for (Node each : nodes.values()) {
            if (each.isLeading()) {
                return each;
            }
        }
        return null;
    }

    Node awaitLeader() {
        await().atMost(Duration.ofSeconds(30))
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(2))
                .until(() -> leaderNow() != null);
        Node leader = leaderNow();
        if (leader == null) {
            return awaitLeader();
        }
        long led = leader.log().leadership().term();
        if (led != term) {
            term = led;
            seq = 0;
        }
        return leader;
    }

    /** Proposes what is next at the leader of now. */
    CompletableFuture<Long> propose(Node leader, String name, int payloadBytes) {
        return leader.log().propose(TestShard.proposal(term, seq++, name, payloadBytes));
    }

    void awaitEqual(List<String> expected) {
        await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
            for (Node each : nodes.values()) {
                org.assertj.core.api.Assertions.assertThat(applied(each))
                        .as("broker " + each.id)
                        .isEqualTo(expected);
            }
        });
    }

    static List<String> applied(Node node) {
        return node.machine.bodies.stream().map(body -> body.split(":")[0]).toList();
    }

    @Override
    public void close() {
        for (int id : List.copyOf(nodes.keySet())) {
            stop(id);
        }
    }
}
