package io.millrace.broker;

import io.millrace.broker.member.OwnReplicas;
import io.millrace.broker.ops.ClusterHealth;
import io.millrace.broker.ops.ReplicaState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A look at a broker that stands alone: at itself. */
record LoneHealth(int self, OwnReplicas own) implements ClusterHealth {
    @Override
    public View look() {
        List<ReplicaState> states = own.states();
        List<String> problems = new ArrayList<>();
        for (ReplicaState state : states) {
            if (!state.quarantined().isEmpty()) {
                problems.add("Shard " + state.shard() + " is out of use: " + state.quarantined());
            } else if (state.damagedExtents() > 0) {
                problems.add("Shard " + state.shard() + " has " + state.damagedExtents()
                        + " damaged extents; their offsets answer CORRUPT.");
            } else if (!state.leading()) {
                problems.add("Shard " + state.shard() + " has no leader.");
            }
        }
        return new View(true, Set.of(self), Map.of(self, states), problems);
    }

    @Override
    public View glance() {
        return look();
    }
}
