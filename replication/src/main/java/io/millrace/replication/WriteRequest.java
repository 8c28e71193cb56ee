package io.millrace.replication;

import io.millrace.error.Fault;
import io.millrace.record.BatchHeader;
import io.millrace.replication.state.CommandResult;
import io.millrace.replication.state.PartitionId;
import io.millrace.replication.state.ShardCommand;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/** Something that waits to be written. */
sealed interface WriteRequest {
    /** What a command weighs in the queue: an estimate of its share of an entry's header. */
    int COMMAND_BYTES = 256;

    long deadlineNanos();

    long queuedNanos();

    /** What it weighs in the queue. */
    int sizeInBytes();

    /** What faults say they are about. */
    String resource();

    void fail(Fault fault);

    /** A batch for a partition. The header was read from the batch. */
    record Append(
            PartitionId partition,
            BatchHeader header,
            ByteBuffer batch,
            long deadlineNanos,
            long queuedNanos,
            CompletableFuture<Appended> future)
            implements WriteRequest {
        @Override
        public int sizeInBytes() {
            return batch.remaining();
        }

        @Override
        public String resource() {
            return "partition/" + partition;
        }

        @Override
        public void fail(Fault fault) {
            future.completeExceptionally(fault.asException());
        }
    }

    /** A command. */
    record Command(
            ShardCommand command,
            String resource,
            long deadlineNanos,
            long queuedNanos,
            CompletableFuture<CommandResult> future)
            implements WriteRequest {
        @Override
        public int sizeInBytes() {
            int text = command instanceof ShardCommand.CommitPosition commit
                    ? commit.metadata().length() * 3
                    : 0;
            int many = command instanceof ShardCommand.CreatePartitions create
                    ? create.partitions().size() * 40
                    : 0;
            return COMMAND_BYTES + text + many;
        }

        @Override
        public void fail(Fault fault) {
            future.completeExceptionally(fault.asException());
        }
    }
}
