package io.millrace.broker.ops;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Looks at the replicas of all brokers. Thread safe. */
public interface ClusterHealth {
    /** Asks the others; may block for a second. */
    View look();

    /** What this broker knows by itself; does not block. */
    View glance();

    /**
     * At about one moment.
     *
     * @param isComplete all brokers were asked
     * @param reachable brokers that this one has just heard of
     * @param replicas by broker: those of the brokers that answered
     * @param problems a sentence each
     */
    record View(
            boolean isComplete,
            Set<Integer> reachable,
            Map<Integer, List<ReplicaState>> replicas,
            List<String> problems) {
        public View {
            reachable = Set.copyOf(reachable);
            replicas = Map.copyOf(replicas);
            problems = List.copyOf(problems);
        }

        /** Null: its broker did not answer, or has none. */
        public @Nullable ReplicaState replica(int shard, int broker) {
            return replicas.getOrDefault(broker, List.of()).stream()
                    .filter(one -> one.shard() == shard)
                    .findFirst()
                    .orElse(null);
        }

        /** What the leader has applied, or else this broker's own replica; 0: neither is known. */
        public long appliedIndex(int shard, int leader, int self) {
            ReplicaState state = replica(shard, leader);
            if (state == null) {
                state = replica(shard, self);
            }
            return state == null ? 0 : state.appliedIndex();
        }
    }
}
