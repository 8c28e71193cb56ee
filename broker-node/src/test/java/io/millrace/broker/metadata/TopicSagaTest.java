package io.millrace.broker.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.error.FaultException;
import io.millrace.replication.Leadership;
import io.millrace.replication.Shard;
import io.millrace.replication.ShardConfig;
import io.millrace.replication.ShardListener;
import io.millrace.replication.local.LocalReplicatedLog;
import io.millrace.replication.local.LocalReplicatedLog.Hook;
import io.millrace.replication.local.LocalReplicatedLog.Step;
import io.millrace.storage.ShardLog;
import io.millrace.storage.file.DiskFiles;
import io.millrace.storage.index.MemoryPartitionIndex;
import io.millrace.storage.log.LogConfig;
import io.millrace.storage.log.ShardLogs;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Creations and deletions that a crash cuts at every step: the reconcile of the next start finishes them. */
final class TopicSagaTest {
    @TempDir
    Path directory;

    private final MemoryPartitionIndex metadataIndex = new MemoryPartitionIndex();
    private final MemoryPartitionIndex dataIndex = new MemoryPartitionIndex();

    /** One life of a broker over the same indexes and logs. */
    private final class Life implements AutoCloseable {
        private final ShardLog metadataLog = log("metadata", metadataIndex);
        private final ShardLog dataLog = log("data", dataIndex);
        private final MetadataView view = new MetadataView(() -> {});
        private final MetadataMachine machine = new MetadataMachine(metadataIndex, events());
        private final Shard shard = new Shard(
                1,
                dataLog,
                dataIndex,
                ShardConfig.DEFAULT,
                InstantSource.system(),
                System::nanoTime,
                ShardListener.NONE);
        private final MetadataShard metadata;
        private final Topics topics;

        private Life(Hook metadataHook, Hook dataHook) {
            long term =
                    Math.max(metadataIndex.applied().term(), dataIndex.applied().term()) + 1;
            view.offer(machine.image());
            metadata = MetadataShard.alone(
                    view,
                    new MetadataReplica(
                            LocalReplicatedLog.open(metadataLog, machine, term, metadataHook),
                            machine,
                            metadataIndex,
                            InstantSource.system(),
                            System::nanoTime,
                            Duration.ofSeconds(5)),
                    Duration.ofSeconds(5),
                    System::nanoTime);
            shard.start(LocalReplicatedLog.open(dataLog, shard.machine(), term, dataHook));
            Partitions partitions = new Partitions(
                    metadata::image, id -> id == 1 ? shard : null, Routes.alone(1, id -> shard.leadership()));
            topics = new Topics(
                    metadata,
                    partitions,
                    ShardCommands.alone(partitions, System::nanoTime),
                    new Topics.Limits(4, 100, 1 << 20),
                    new Random(1),
                    System::nanoTime);
            if (metadata.image().clusterId() == null) {
                metadata.form(
                        new UUID(1, 1),
                        List.of(
                                new ShardEntry(0, ShardEntry.Kind.METADATA, List.of(1)),
                                new ShardEntry(1, ShardEntry.Kind.DATA, List.of(1))));
            }
        }

        private MetadataMachine.Events events() {
            return new MetadataMachine.Events() {
                @Override
                public void changed(ClusterImage image) {
                    view.offer(image);
                }

                @Override
                public void leadershipChanged(Leadership leadership) {}
            };
        }

        private ShardLog log(String name, MemoryPartitionIndex index) {
            return ShardLogs.open(
                    directory.resolve(name),
                    LogConfig.DEFAULT.withSizes(1 << 20, 64 << 10, 256 << 10),
                    DiskFiles.buffered(),
                    (what, cause) -> {
                        throw new AssertionError(what, cause);
                    },
                    index.applied().logEnd());
        }

        private @Nullable Topic create() {
            try {
                return topics.create(
                        new Topics.Request("flights", 5, 1, Placement.RANGES, Map.of()), false, deadline());
            } catch (FaultException e) {
                return null;
            }
        }

        private boolean delete() {
            try {
                topics.delete("flights", deadline());
                return true;
            } catch (FaultException e) {
                return false;
            }
        }

        private long deadline() {
            return System.nanoTime() + TimeUnit.SECONDS.toNanos(3);
        }

        @Override
        public void close() {
            shard.close();
            metadataLog.close();
            dataLog.close();
        }
    }

    private static Hook crash(boolean here, Step step, int n) {
        return here ? Hook.crashAt(step, n) : Hook.NONE;
    }

    @ParameterizedTest
    @CsvSource({
        "metadata,PROPOSED,1",
        "metadata,FLUSHED,1",
        "metadata,APPLIED,1",
        "metadata,PROPOSED,2",
        "metadata,FLUSHED,2",
        "metadata,APPLIED,2",
        "data,PROPOSED,1",
        "data,APPENDED,1",
        "data,FLUSHED,1",
        "data,APPLIED,1"
    })
    void aCreationIsFinishedOrNeverWas(String where, Step step, int n) {
        new Life(Hook.NONE, Hook.NONE).close();
        try (Life cut = new Life(crash(where.equals("metadata"), step, n), crash(where.equals("data"), step, n))) {
            assertThat(cut.create()).as("the answer of a creation that was cut").isNull();
        }
        try (Life next = new Life(Hook.NONE, Hook.NONE)) {
            assertThat(next.topics.reconcile(TimeUnit.SECONDS.toNanos(3))).isZero();
            Topic topic = next.metadata.image().topic("flights");
            if (topic == null) {
                assertThat(next.shard.partitions()).isEmpty();
                assertThat(next.create()).isNotNull();
            } else {
                assertThat(topic.state()).isEqualTo(Topic.State.LIVE);
            }
            assertThat(next.shard.partitions()).hasSize(5);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "metadata,PROPOSED,1",
        "metadata,FLUSHED,1",
        "metadata,APPLIED,1",
        "metadata,PROPOSED,2",
        "metadata,FLUSHED,2",
        "metadata,APPLIED,2",
        "data,PROPOSED,1",
        "data,APPENDED,1",
        "data,FLUSHED,1",
        "data,APPLIED,1"
    })
    void aDeletionIsFinishedOrNeverBegan(String where, Step step, int n) {
        try (Life first = new Life(Hook.NONE, Hook.NONE)) {
            assertThat(first.create()).isNotNull();
        }
        try (Life cut = new Life(crash(where.equals("metadata"), step, n), crash(where.equals("data"), step, n))) {
            assertThat(cut.delete()).isFalse();
        }
        try (Life next = new Life(Hook.NONE, Hook.NONE)) {
            assertThat(next.topics.reconcile(TimeUnit.SECONDS.toNanos(3))).isZero();
            Topic topic = next.metadata.image().topic("flights");
            if (topic == null) {
                assertThat(next.shard.partitions()).isEmpty();
            } else {
                assertThat(topic.state()).isEqualTo(Topic.State.LIVE);
                assertThat(next.shard.partitions()).hasSize(5);
                assertThat(next.delete()).isTrue();
                assertThat(next.shard.partitions()).isEmpty();
            }
        }
    }
}
