package io.millrace.replication;

import io.millrace.replication.state.Partition;
import io.millrace.replication.state.PartitionId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/** The partitions of a shard as of the last applied entry, in memory. Written by the apply thread, read by any. */
final class PartitionTable {
    private final ConcurrentMap<PartitionId, Partition> partitions = new ConcurrentHashMap<>();

    PartitionTable(Collection<Partition> applied) {
        applied.forEach(this::put);
    }

    @Nullable
    Partition get(PartitionId id) {
        return partitions.get(id);
    }

    void put(Partition partition) {
        partitions.put(partition.id(), partition);
    }

    /** The partitions that went. */
    List<PartitionId> removeTopic(UUID topic) {
        List<PartitionId> removed = new ArrayList<>();
        for (PartitionId id : partitions.keySet()) {
            if (id.topic().equals(topic)) {
                removed.add(id);
            }
        }
        partitions.keySet().removeAll(removed);
        return removed;
    }

    /** By handle. */
    List<Partition> rows() {
        return partitions.values().stream()
                .sorted(Comparator.comparingInt(Partition::handle))
                .toList();
    }

    int size() {
        return partitions.size();
    }

    List<PartitionStatus> all() {
        List<PartitionStatus> all = new ArrayList<>(partitions.size());
        partitions.values().forEach(partition -> all.add(status(partition)));
        return all;
    }

    static PartitionStatus status(Partition partition) {
        return new PartitionStatus(
                partition.id(),
                partition.handle(),
                partition.logStart(),
                partition.logEnd(),
                partition.lastStableOffset(),
                partition.records(),
                partition.bytes(),
                partition.leaderEpoch());
    }
}
