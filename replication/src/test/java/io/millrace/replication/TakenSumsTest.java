package io.millrace.replication;

import static io.millrace.replication.ShardRig.P0;
import static io.millrace.replication.ShardRig.P1;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.error.ErrorCode;
import io.millrace.replication.state.CommandResult;
import io.millrace.replication.state.Partition;
import io.millrace.replication.state.ShardCommand;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TakenSumsTest {
    @TempDir
    Path directory;

    private static UUID id(int number) {
        return new UUID(7, number);
    }

    /** However much is appended meanwhile, they are of the entry that takes them. */
    @Test
    void areOfTheEntryThatTakesThem() {
        try (ShardRig rig = new ShardRig(directory).withPartitions(P0, P1)) {
            rig.appended(P0, TestBatches.plain("a", "b"));
            CompletableFuture<PartitionSums> early = rig.shard.sums(id(1));
            assertThat(early).isNotDone();
            assertThat(rig.execute(new ShardCommand.TakeSums(id(1)))).isEqualTo(new CommandResult.SumsTaken());
            rig.appended(P0, TestBatches.plain("c"));

            PartitionSums taken = ShardRig.get(early);
            assertThat(taken.partitions()).extracting(Partition::id).containsExactly(P0, P1);
            assertThat(taken.partitions()).extracting(Partition::logEnd).containsExactly(2L, 0L);
            assertThat(taken.raftIndex()).isLessThan(rig.shard.stats().appliedIndex());
            assertThat(ShardRig.get(rig.shard.sums(id(1)))).as("kept").isEqualTo(taken);
            rig.execute(new ShardCommand.TakeSums(id(2)));
            PartitionSums later = ShardRig.get(rig.shard.sums(id(2)));
            assertThat(later.partitions().get(0).checksum())
                    .isNotEqualTo(taken.partitions().get(0).checksum());
            assertThat(later.partitions().get(1)).isEqualTo(taken.partitions().get(1));
        }
    }

    @Test
    void theOldestGiveWay() {
        try (ShardRig rig = new ShardRig(directory).withPartitions(P0)) {
            CompletableFuture<PartitionSums> oldest = rig.shard.sums(id(0));
            List<CompletableFuture<PartitionSums>> others = new java.util.ArrayList<>();
            for (int i = 1; i <= TakenSums.LIMIT; i++) {
                others.add(rig.shard.sums(id(i)));
            }
            assertThat(ShardRig.faultOf(oldest).code()).isEqualTo(ErrorCode.OVERLOADED);
            rig.execute(new ShardCommand.TakeSums(id(1)));
            assertThat(ShardRig.get(others.get(0)).partitions()).hasSize(1);
            assertThat(others.get(1)).isNotDone();
        }
    }
}
