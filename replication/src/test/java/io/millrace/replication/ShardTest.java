package io.millrace.replication;

import static io.millrace.replication.ShardRig.P0;
import static io.millrace.replication.ShardRig.P1;
import static io.millrace.replication.ShardRig.TOPIC;
import static io.millrace.replication.ShardRig.faultOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.error.Effect;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.replication.state.CommandResult;
import io.millrace.replication.state.EpochStart;
import io.millrace.replication.state.PartitionId;
import io.millrace.replication.state.Position;
import io.millrace.replication.state.ShardCommand;
import io.millrace.storage.PartitionIndex;
import io.millrace.storage.ShardLog.SegmentInfo;
import io.millrace.storage.index.FileRow;
import io.millrace.storage.index.FileRows;
import java.nio.file.Path;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShardTest {
    @TempDir
    Path directory;

    @Test
    void readsWhatWasAppended() {
        try (ShardRig rig = new ShardRig(directory).withPartitions(P0, P1)) {
            assertThat(rig.appended(P0, TestBatches.plain("a", "b"))).isEqualTo(new Appended(0, false, 0));
            assertThat(rig.appended(P0, TestBatches.compressed(5, "c"))).isEqualTo(new Appended(2, false, 0));
            assertThat(rig.appended(P1, TestBatches.plain("x"))).isEqualTo(new Appended(0, false, 0));

            assertThat(rig.values(P0)).containsExactly("a", "b", "c");
            assertThat(rig.values(P1)).containsExactly("x");
            PartitionStatus status = Objects.requireNonNull(rig.shard.partition(P0));
            assertThat(status.logEnd()).isEqualTo(3);
            assertThat(status.records()).isEqualTo(3);
            assertThat(status.leaderEpoch()).isEqualTo(1);
            assertThat(rig.shard.epochs(P0)).containsExactly(new EpochStart(1, 0));
            assertThat(rig.shard.stats().appendedRecords()).isEqualTo(4);
        }
    }

    @Test
    void readsFromTheMiddleOfABatchAndAtTheEnd() {
        try (ShardRig rig = new ShardRig(directory).withPartitions(P0)) {
            rig.appended(P0, TestBatches.plain("a", "b", "c"));
            rig.appended(P0, TestBatches.plain("d"));

            ReadBatches read = rig.shard.read(P0, 1, 1);
            assertThat(ShardRig.recordsOf(read.batches())).hasSize(3);
            assertThat(read.nextOffset()).isEqualTo(3);
            ReadBatches end = rig.shard.read(P0, 4, 100);
            assertThat(end.batches().hasRemaining()).isFalse();
            assertThat(end.nextOffset()).isEqualTo(4);
            assertThatThrownBy(() -> rig.shard.read(P0, 5, 100)).isInstanceOfSatisfying(FaultException.class, e -> {
                assertThat(e.fault().code()).isEqualTo(ErrorCode.OFFSET_OUT_OF_RANGE);
                assertThat(e.fault().detail()).isEqualTo(new Fault.OffsetRange(0, 4, 0, 0));
            });
        }
    }

    @Test
    void findsOffsetsByTime() {
        try (ShardRig rig = new ShardRig(directory).withPartitions(P0)) {
            rig.appended(P0, TestBatches.at(100, "a", "b"));
            rig.appended(P0, TestBatches.compressed(50, "c"));
            rig.appended(P0, TestBatches.at(200, "d", "e"));

            assertThat(rig.shard.offsetAtTime(P0, 0)).isEqualTo(new OffsetAtTime(0, 100, 1));
            assertThat(rig.shard.offsetAtTime(P0, 101)).isEqualTo(new OffsetAtTime(1, 101, 1));
            assertThat(rig.shard.offsetAtTime(P0, 102)).isEqualTo(new OffsetAtTime(3, 200, 1));
            assertThat(rig.shard.offsetAtTime(P0, 300)).isEqualTo(new OffsetAtTime(5, -1, -1));
        }
    }

    @Test
    void refusesAPartitionThatItDoesNotHave() {
        try (ShardRig rig = new ShardRig(directory).withPartitions(P0)) {
            Fault fault = faultOf(rig.append(P1, TestBatches.plain("a")));
            assertThat(fault.code()).isEqualTo(ErrorCode.UNKNOWN_PARTITION);
            assertThat(fault.effect()).isEqualTo(Effect.NOT_WRITTEN);
            assertThat(rig.shard.partition(P1)).isNull();
            assertThatThrownBy(() -> rig.shard.read(P1, 0, 1)).isInstanceOf(FaultException.class);
        }
    }

    @Test
    void dropsAllOfATopic() {
        PartitionId other = new PartitionId(new UUID(2, 2), 0);
        try (ShardRig rig = new ShardRig(directory).withPartitions(P0, P1, other)) {
            rig.appended(P0, TestBatches.plain("a"));
            rig.appended(P1, TestBatches.plain("b"));
            rig.appended(other, TestBatches.plain("c"));

            assertThat(rig.execute(new ShardCommand.DropPartitions(TOPIC)))
                    .isInstanceOfSatisfying(
                            CommandResult.PartitionsDropped.class,
                            dropped -> assertThat(dropped.partitions()).isEqualTo(2));
            assertThat(rig.shard.partitions()).hasSize(1);
            assertThat(rig.values(other)).containsExactly("c");
            assertThat(faultOf(rig.append(P0, TestBatches.plain("x"))).code()).isEqualTo(ErrorCode.UNKNOWN_PARTITION);
        }
    }

    @Test
    void deletesSegmentFilesOfADroppedTopicAtTheNextCheckpoints() {
        PartitionId other = new PartitionId(new UUID(2, 2), 0);
        try (ShardRig rig = new ShardRig(directory).withPartitions(P0, other)) {
            while (rig.shardLog.end().file() < 2) {
                rig.appended(P0, TestBatches.plain("x".repeat(100_000)));
            }
            rig.appended(other, TestBatches.plain("c"));
            rig.shard.checkpoint();
            assertThat(rig.shardLog.segments()).hasSize(3);

            rig.execute(new ShardCommand.DropPartitions(TOPIC));
            rig.shard.checkpoint();
            rig.shard.checkpoint();
            assertThat(rig.shardLog.segments()).extracting(SegmentInfo::file).containsExactly(2);
            assertThat(rig.values(other)).containsExactly("c");
            rig.appended(other, TestBatches.plain("d"));
            try (PartitionIndex.View view = rig.index.view()) {
                assertThat(FileRows.all(view)).extracting(FileRow::file).containsExactly(2);
            }
        }
    }

    @Test
    void keepsPositionsOfGroups() {
        UUID group = new UUID(7, 7);
        UUID member = new UUID(8, 8);
        try (ShardRig rig = new ShardRig(directory).withPartitions(P0)) {
            rig.appended(P0, TestBatches.plain("a", "b"));
            int handle = rig.shard.partitions().get(0).handle();
            assertThat(rig.execute(new ShardCommand.CreateGroup("g", group)))
                    .isInstanceOf(CommandResult.GroupCreated.class);
            assertThat(rig.execute(new ShardCommand.ClaimPosition(handle, group, member, 0)))
                    .isInstanceOfSatisfying(
                            CommandResult.Refused.class,
                            refused -> assertThat(refused.code()).isEqualTo(ErrorCode.POSITION_NOT_READY));
            rig.execute(new ShardCommand.InitPosition(handle, group, 0));
            assertThat(rig.execute(new ShardCommand.ClaimPosition(handle, group, member, 0)))
                    .isEqualTo(new CommandResult.PositionClaimed(1, 0, 0, 2, 0, 0));
            rig.execute(new ShardCommand.CommitPosition(handle, group, 1, 2, 1, "note"));

            Position position = Objects.requireNonNull(rig.shard.position(P0, group));
            assertThat(position.offset()).isEqualTo(2);
            assertThat(position.metadata()).isEqualTo("note");
            assertThat(position.origin()).isEqualTo(Position.Origin.COMMITTED);
            assertThat(rig.shard.group("g")).isNotNull();
            assertThat(rig.shard.group("h")).isNull();
        }
    }

    @Test
    void tellsWatchersAfterEachApplyUntilTheyClose() {
        try (ShardRig rig = new ShardRig(directory).withPartitions(P0, P1)) {
            AtomicInteger told = new AtomicInteger();
            Shard.Watch watch = rig.shard.watch(P0, told::incrementAndGet);
            rig.appended(P0, TestBatches.plain("a"));
            assertThat(told).hasValue(1);
            rig.appended(P1, TestBatches.plain("b"));
            assertThat(told).hasValue(1);
            watch.close();
            watch.close();
            rig.appended(P0, TestBatches.plain("c"));
            assertThat(told).hasValue(1);
            assertThat(rig.shard.stats().watchers()).isZero();
        }
    }

    @Test
    void recognisesARepeatedBatch() {
        try (ShardRig rig = new ShardRig(directory).withPartitions(P0)) {
            rig.appended(P0, TestBatches.by(5, 0, 0, "a", "b"));
            rig.appended(P0, TestBatches.by(5, 0, 2, "c"));
            assertThat(rig.appended(P0, TestBatches.by(5, 0, 0, "a", "b"))).isEqualTo(new Appended(0, true, 0));
            assertThat(faultOf(rig.append(P0, TestBatches.by(5, 0, 9, "z"))).code())
                    .isEqualTo(ErrorCode.OUT_OF_ORDER_SEQUENCE);
            assertThat(faultOf(rig.append(P0, TestBatches.by(6, 0, 9, "z"))).code())
                    .isEqualTo(ErrorCode.SESSION_EXPIRED);
            rig.appended(P0, TestBatches.by(5, 1, 0, "d"));
            assertThat(faultOf(rig.append(P0, TestBatches.by(5, 0, 3, "z"))).code())
                    .isEqualTo(ErrorCode.PRODUCER_FENCED);
            assertThat(rig.values(P0)).containsExactly("a", "b", "c", "d");
        }
    }

    @Test
    void answersUnavailableAfterClose() {
        ShardRig rig = new ShardRig(directory).withPartitions(P0);
        rig.close();
        Fault fault = faultOf(rig.append(P0, TestBatches.plain("a")));
        assertThat(fault.code()).isEqualTo(ErrorCode.STOPPING);
        assertThatThrownBy(() -> rig.shard.read(P0, 0, 1))
                .isInstanceOfSatisfying(
                        FaultException.class, e -> assertThat(e.fault().code()).isEqualTo(ErrorCode.STOPPING));
    }
}
