package io.millrace.replication.state;

import java.util.List;

/**
 * The body of a data shard's entry. Its payload is the batches of the parts, one behind the other, in their order. Parts are applied
 * before commands, each in their order.
 *
 * @param timeMicros shard time T
 */
public record EntryHeader(long timeMicros, List<AppendPart> parts, List<ShardCommand> commands) {
    public EntryHeader {
        parts = List.copyOf(parts);
        commands = List.copyOf(commands);
    }
}
