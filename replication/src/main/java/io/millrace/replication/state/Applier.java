package io.millrace.replication.state;

import io.millrace.replication.state.EntryResult.AppendedPart;
import io.millrace.replication.state.ShardCommand.ClaimPosition;
import io.millrace.replication.state.ShardCommand.CommitPosition;
import io.millrace.replication.state.ShardCommand.CreateGroup;
import io.millrace.replication.state.ShardCommand.CreatePartitions;
import io.millrace.replication.state.ShardCommand.DropGroup;
import io.millrace.replication.state.ShardCommand.DropPartitions;
import io.millrace.replication.state.ShardCommand.ExpireProducers;
import io.millrace.replication.state.ShardCommand.InitPosition;
import io.millrace.replication.state.ShardCommand.SetPosition;
import io.millrace.replication.state.ShardCommand.TakeSums;
import io.millrace.storage.Extent;
import io.millrace.storage.Rows;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Applies an entry to the rows of a shard. Pure and deterministic: the same entries make the same rows, byte for byte, but for the places
 * of extents, which are local to a replica.
 *
 * <p>Append parts are unconditional, yet what the writer must have seen to is asserted: base offsets follow on, the leader epoch is that of
 * the term, T does not fall. A violation is an {@link IllegalStateException}: a bug or a damaged replica, and the shard is quarantined.
 * Commands answer, and never throw.
 */
public final class Applier {
    private Applier() {}

    /**
     * @param payload where the batches of the parts stand in this replica's log; null where there are no parts
     * @return an answer for each part and command
     */
    public static EntryResult apply(EntryContext context, EntryHeader header, @Nullable Extent payload, Rows rows) {
        long time = header.timeMicros();
        long last = ShardRow.timeMicros(rows);
        if (time < last) {
            throw new IllegalStateException(
                    "shard time falls from " + last + " to " + time + " at entry " + context.raftIndex());
        }
        if (time > last) {
            ShardRow.putTimeMicros(rows, time);
        }
        List<AppendedPart> parts = new Appends(context, time, rows).apply(header.parts(), payload);
        List<CommandResult> results = new ArrayList<>(header.commands().size());
        for (ShardCommand command : header.commands()) {
            results.add(execute(command, time, rows));
        }
        return new EntryResult(parts, results);
    }

    private static CommandResult execute(ShardCommand command, long time, Rows rows) {
        if (command instanceof CommitPosition c) {
            return PositionCommands.commit(c, time, rows);
        }
        if (command instanceof ClaimPosition c) {
            return PositionCommands.claim(c, rows);
        }
        if (command instanceof InitPosition c) {
            return PositionCommands.init(c, time, rows);
        }
        if (command instanceof SetPosition c) {
            return PositionCommands.set(c, time, rows);
        }
        if (command instanceof CreatePartitions c) {
            return PartitionCommands.create(c, rows);
        }
        if (command instanceof DropPartitions c) {
            return PartitionCommands.drop(c, rows);
        }
        if (command instanceof CreateGroup c) {
            return GroupCommands.create(c, rows);
        }
        if (command instanceof DropGroup c) {
            return GroupCommands.drop(c, rows);
        }
        if (command instanceof ExpireProducers c) {
            return PartitionCommands.expireProducers(c, rows);
        }
        if (command instanceof TakeSums) {
            return new CommandResult.SumsTaken(); // the machine takes them, once the whole entry is applied
        }
        throw new AssertionError("a command that nobody executes: " + command);
    }
}
