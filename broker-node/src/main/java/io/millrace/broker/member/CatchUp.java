package io.millrace.broker.member;

import io.millrace.broker.cluster.LeaderTable;
import io.millrace.broker.ops.ReplicaState;
import io.millrace.broker.peer.PeerClient;
import io.millrace.error.FaultException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Whether the replicas of this broker have caught up with their leaders since the start: each is asked how far it is, once it is known, until the own replica has been
 * there. {@link #look} is run now and then by one thread; the rest is for any.
 */
final class CatchUp {
    private static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final OwnReplicas own;
    private final LeaderTable leaders;
    private final PeerClient peers;
    private final int self;
    private final LongSupplier nanos;
    private final Set<Integer> done = ConcurrentHashMap.newKeySet();

    CatchUp(OwnReplicas own, LeaderTable leaders, PeerClient peers, int self, LongSupplier nanos) {
        this.own = own;
        this.leaders = leaders;
        this.peers = peers;
        this.self = self;
        this.nanos = nanos;
    }

    boolean isDone(int shard) {
        return done.contains(shard);
    }

    /** Blocks for a second at most for each broker that does not answer. */
    void look() {
        Map<Integer, Set<Integer>> byLeader = new TreeMap<>();
        for (int shard : own.shards().ids()) {
            if (done.contains(shard)) {
                continue;
            }
            if (own.leads(shard)) {
                done.add(shard);
            } else if (leaders.broker(shard) != LeaderTable.UNKNOWN && leaders.broker(shard) != self) {
                byLeader.computeIfAbsent(leaders.broker(shard), broker -> new TreeSet<>())
                        .add(shard);
            }
        }
        byLeader.forEach(this::ask);
    }

    private void ask(int leader, Set<Integer> shards) {
        List<ReplicaState> theirs;
        try {
            theirs = peers.status(leader, nanos.getAsLong() + ANSWER_NANOS);
        } catch (FaultException e) {
            return;
        }
        List<ReplicaState> ours = own.states();
        for (ReplicaState state : theirs) {
            if (state.leading()
                    && shards.contains(state.shard())
                    && ours.stream()
                            .anyMatch(one ->
                                    one.shard() == state.shard() && one.appliedIndex() >= state.appliedIndex())) {
                done.add(state.shard());
            }
        }
    }
}
