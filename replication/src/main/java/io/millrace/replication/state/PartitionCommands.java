package io.millrace.replication.state;

import io.millrace.error.ErrorCode;
import io.millrace.replication.state.CommandResult.PartitionsCreated;
import io.millrace.replication.state.CommandResult.PartitionsDropped;
import io.millrace.replication.state.CommandResult.ProducersExpired;
import io.millrace.replication.state.CommandResult.Refused;
import io.millrace.replication.state.ShardCommand.CreatePartitions;
import io.millrace.replication.state.ShardCommand.DropPartitions;
import io.millrace.replication.state.ShardCommand.ExpireProducers;
import io.millrace.replication.state.ShardCommand.NewPartition;
import io.millrace.storage.Family;
import io.millrace.storage.Rows;
import io.millrace.storage.index.ExtentRows;
import java.util.ArrayList;
import java.util.List;

/** Commands about partitions and their producers. */
final class PartitionCommands {
    /** One command forgets no more, so that an apply stays short. */
    static final int MAX_EXPIRED = 10_000;

    private static final int EXTENTS_AT_ONCE = 10_000;

    private PartitionCommands() {}

    static CommandResult create(CreatePartitions command, Rows rows) {
        for (NewPartition made : command.partitions()) {
            if (made.epochBase() < 0 || made.firstOffset() < 0) {
                return new Refused(
                        ErrorCode.INVALID_REQUEST, "epoch base and first offset of a partition are not negative", null);
            }
        }
        List<Integer> handles = new ArrayList<>(command.partitions().size());
        int created = 0;
        for (NewPartition made : command.partitions()) {
            Partition partition = PartitionRow.find(rows, made.id());
            if (partition == null) {
                partition = Partition.fresh(made, ShardRow.takeHandle(rows));
                PartitionRow.create(rows, partition);
                created++;
            }
            handles.add(partition.handle());
        }
        return new PartitionsCreated(handles, created);
    }

    static CommandResult drop(DropPartitions command, Rows rows) {
        List<Partition> partitions = PartitionRow.ofTopic(rows, command.topic());
        long bytes = 0;
        for (Partition partition : partitions) {
            ExtentRows.Dropped dropped;
            do {
                dropped = ExtentRows.drop(rows, partition.handle(), EXTENTS_AT_ONCE);
                bytes += dropped.bytes();
            } while (!dropped.complete());
            EpochRow.deleteAll(rows, partition.handle());
            ProducerRow.deleteAll(rows, partition.handle());
            PositionRow.deleteAllOf(rows, partition.handle());
            PartitionRow.delete(rows, partition);
        }
        return new PartitionsDropped(partitions.size(), bytes);
    }

    static CommandResult expireProducers(ExpireProducers command, Rows rows) {
        List<byte[]> expired = new ArrayList<>();
        ProducerRow.scan(rows, (key, producer) -> {
            if (producer.lastTimeMicros() < command.beforeMicros()) {
                expired.add(key);
            }
            return expired.size() < MAX_EXPIRED;
        });
        expired.forEach(key -> rows.delete(Family.PRODUCERS, key));
        return new ProducersExpired(expired.size(), expired.size() == MAX_EXPIRED);
    }
}
