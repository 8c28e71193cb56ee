package io.millrace.broker.verify;

import io.millrace.replication.state.PartitionId;
import java.util.List;
import java.util.Map;

/**
 * All that a check of a replica has told.
 *
 * @param problem why it was not, or not wholly, checked; empty: it was
 * @param raftIndex of the entry; -1: it did not get there
 */
record ReplicaAnswer(
        int broker,
        String problem,
        long raftIndex,
        Map<PartitionId, PartitionSum> sums,
        Map<PartitionId, StoredSum> stored,
        List<DamagedRun> damaged,
        long bytesRead,
        long repaired) {
    static ReplicaAnswer none(int broker, String problem) {
        return new ReplicaAnswer(broker, problem, -1, Map.of(), Map.of(), List.of(), 0, 0);
    }
}
