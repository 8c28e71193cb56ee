package io.millrace.replication;

import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.record.BatchHeader;
import io.millrace.record.BatchReader;
import io.millrace.record.DecodeLimits;
import io.millrace.record.LogRecord;
import io.millrace.replication.local.LocalReplicatedLog;
import io.millrace.replication.state.CommandResult;
import io.millrace.replication.state.EntryResult;
import io.millrace.replication.state.PartitionId;
import io.millrace.replication.state.ShardCommand;
import io.millrace.storage.ShardLog;
import io.millrace.storage.file.DiskFiles;
import io.millrace.storage.index.MemoryPartitionIndex;
import io.millrace.storage.log.LogConfig;
import io.millrace.storage.log.ShardLogs;
import io.millrace.testing.ManualTime;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.assertj.core.api.Assertions;

/** A shard over a real shard log, an index in memory and a replicated log without replicas. */
final class ShardRig implements AutoCloseable {
    static final UUID TOPIC = new UUID(1, 1);
    static final PartitionId P0 = new PartitionId(TOPIC, 0);
    static final PartitionId P1 = new PartitionId(TOPIC, 1);

    final ManualTime time = new ManualTime();
    final MemoryPartitionIndex index;
    final ShardLog shardLog;
    final Shard shard;
    final ReplicatedLog<EntryResult> replicated;

    ShardRig(Path directory) {
        this(directory, LocalReplicatedLog.Hook.NONE);
    }

    ShardRig(Path directory, LocalReplicatedLog.Hook hook) {
        this(directory, ShardConfig.DEFAULT, rig -> rig.local(hook), log -> log);
    }

    ShardRig(
            Path directory,
            ShardConfig config,
            Function<ShardRig, ReplicatedLog<EntryResult>> replicatedBy,
            Function<ShardLog, ShardLog> wrapped) {
        index = new MemoryPartitionIndex();
        shardLog = wrapped.apply(ShardLogs.open(
                directory,
                LogConfig.DEFAULT.withSizes(1 << 20, 64 << 10, 256 << 10),
                DiskFiles.buffered(),
                (what, cause) -> {
                    throw new AssertionError(what, cause);
                },
                index.applied().logEnd()));
        shard = new Shard(0, shardLog, index, config, time, time, ShardListener.NONE);
        replicated = replicatedBy.apply(this);
        shard.start(replicated);
    }

    LocalReplicatedLog<EntryResult> local(LocalReplicatedLog.Hook hook) {
        return LocalReplicatedLog.open(shardLog, shard.machine(), 1, hook);
    }

    LocalReplicatedLog<EntryResult> local() {
        return (LocalReplicatedLog<EntryResult>) replicated;
    }

    ShardRig withPartitions(PartitionId... partitions) {
        List<ShardCommand.NewPartition> made = new ArrayList<>();
        for (PartitionId id : partitions) {
            made.add(new ShardCommand.NewPartition(id, 0, 0));
        }
        execute(new ShardCommand.CreatePartitions(made));
        return this;
    }

    long soon() {
        return time.getAsLong() + TimeUnit.SECONDS.toNanos(30);
    }

    CompletableFuture<Appended> append(PartitionId id, ByteBuffer batch) {
        return shard.append(id, batch, soon());
    }

    Appended appended(PartitionId id, ByteBuffer batch) {
        return get(append(id, batch));
    }

    CommandResult execute(ShardCommand command) {
        return get(shard.execute(command, soon()));
    }

    static <T> T get(CompletableFuture<T> future) {
        return future.orTimeout(20, TimeUnit.SECONDS).join();
    }

    static Fault faultOf(CompletableFuture<?> future) {
        try {
            Object value = get(future);
            throw new AssertionError("no fault but " + value);
        } catch (CompletionException e) {
            if (e.getCause() instanceof FaultException known) {
                return known.fault();
            }
            throw e;
        }
    }

    /** Everything from an offset on, read in pieces of at most {@code maxBytes}. */
    List<LogRecord> records(PartitionId id, long from, int maxBytes) {
        List<LogRecord> records = new ArrayList<>();
        long offset = from;
        while (true) {
            ReadBatches read = shard.read(id, offset, maxBytes);
            if (!read.batches().hasRemaining()) {
                return records;
            }
            for (LogRecord record : recordsOf(read.batches())) {
                if (record.offset() >= from) {
                    records.add(record);
                }
            }
            Assertions.assertThat(read.nextOffset()).isGreaterThan(offset);
            offset = read.nextOffset();
        }
    }

    static List<LogRecord> recordsOf(ByteBuffer batches) {
        List<LogRecord> records = new ArrayList<>();
        int position = batches.position();
        while (position < batches.limit()) {
            records.addAll(BatchReader.readAll(batches, position, DecodeLimits.DEFAULT));
            position += BatchHeader.read(batches, position).sizeInBytes();
        }
        return records;
    }

    List<String> values(PartitionId id) {
        List<String> values = new ArrayList<>();
        for (LogRecord record : records(id, 0, 1 << 20)) {
            byte[] value = record.value();
            values.add(value == null ? "" : new String(value, StandardCharsets.UTF_8));
        }
        return values;
    }

    @Override
    public void close() {
        shard.close();
        index.close();
        shardLog.close();
    }
}
