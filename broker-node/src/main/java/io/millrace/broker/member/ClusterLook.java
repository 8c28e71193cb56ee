package io.millrace.broker.member;

import io.millrace.broker.metadata.ClusterImage;
import io.millrace.broker.metadata.ShardEntry;
import io.millrace.broker.ops.ClusterHealth;
import io.millrace.broker.ops.ReplicaState;
import io.millrace.broker.peer.PeerClient;
import io.millrace.error.FaultException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Asks all brokers what their replicas look like. Thread safe. */
final class ClusterLook implements ClusterHealth {
    private static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** Entries that a replica may be behind without a word: a second of a busy shard. */
    private static final long LAG = 2_000;

    private final int self;
    private final OwnReplicas own;
    private final PeerClient peers;
    private final Supplier<ClusterImage> image;
    private final Supplier<Set<Integer>> connected;
    private final Executor executor;
    private final LongSupplier nanos;

    ClusterLook(
            int self,
            OwnReplicas own,
            PeerClient peers,
            Supplier<ClusterImage> image,
            Supplier<Set<Integer>> connected,
            Executor executor,
            LongSupplier nanos) {
        this.self = self;
        this.own = own;
        this.peers = peers;
        this.image = image;
        this.connected = connected;
        this.executor = executor;
        this.nanos = nanos;
    }

    @Override
    public View look() {
        ClusterImage seen = image.get();
        Map<Integer, List<ReplicaState>> replicas = new ConcurrentHashMap<>();
        List<CompletableFuture<Void>> asked = new ArrayList<>();
        for (int broker : seen.brokers().keySet()) {
            if (broker != self) {
                asked.add(CompletableFuture.runAsync(() -> ask(broker, replicas), executor));
            }
        }
        replicas.put(self, own.states());
        CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new)).join();
        return new View(true, replicas.keySet(), replicas, problems(seen, replicas));
    }

    @Override
    public View glance() {
        Set<Integer> reachable = new HashSet<>(connected.get());
        reachable.add(self);
        return new View(false, reachable, Map.of(self, own.states()), List.of());
    }

    private void ask(int broker, Map<Integer, List<ReplicaState>> replicas) {
        try {
            replicas.put(broker, peers.status(broker, nanos.getAsLong() + ANSWER_NANOS));
        } catch (FaultException e) {
            // It does not answer: it is missing from the view.
        }
    }

    private static String damage(int shard, int broker, int extents) {
        return "Shard " + shard + " on broker " + broker + " has " + extents + " damaged extent"
                + (extents == 1 ? "" : "s") + ", to be fetched from another replica.";
    }

    static List<String> problems(ClusterImage image, Map<Integer, List<ReplicaState>> replicas) {
        View view = new View(true, replicas.keySet(), replicas, List.of());
        List<String> problems = new ArrayList<>();
        for (int broker : image.brokers().keySet()) {
            if (!view.reachable().contains(broker)) {
                problems.add("Broker " + broker + " does not answer.");
            }
        }
        for (ShardEntry shard : image.shards().values()) {
            Map<Integer, ReplicaState> states = new TreeMap<>();
            for (int broker : shard.replicas()) {
                ReplicaState state = view.replica(shard.id(), broker);
                if (state != null) {
                    states.put(broker, state);
                }
            }
            long top = states.values().stream()
                    .filter(ReplicaState::leading)
                    .mapToLong(ReplicaState::appliedIndex)
                    .max()
                    .orElse(-1);
            if (top < 0) {
                problems.add("Shard " + shard.id() + " has no leader.");
            }
            states.forEach((broker, state) -> {
                if (!state.quarantined().isEmpty()) {
                    problems.add(
                            "Shard " + shard.id() + " is out of use on broker " + broker + ": " + state.quarantined());
                } else if (state.damagedExtents() > 0) {
                    problems.add(damage(shard.id(), broker, state.damagedExtents()));
                } else if (top - state.appliedIndex() > LAG) {
                    problems.add("Shard " + shard.id() + " on broker " + broker + " is " + (top - state.appliedIndex())
                            + " entries behind its leader.");
                }
            });
            for (int broker : shard.replicas()) {
                if (view.reachable().contains(broker) && !states.containsKey(broker)) {
                    problems.add("Broker " + broker + " has no replica of shard " + shard.id() + ", but should.");
                }
            }
        }
        return problems;
    }
}
