package io.millrace.broker.metadata;

import io.millrace.internal.v1.MetadataEntry;
import io.millrace.replication.state.CommandResult;
import io.millrace.replication.state.ShardCommand;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of shards that other brokers lead. Thread safe. Each call blocks for up to its deadline and throws {@link io.millrace.error.FaultException}: what
 * the other broker said, or UNKNOWN_OUTCOME where it said nothing.
 */
public interface RemoteShards {
    /** A change of the metadata, by its leader. A refusal is thrown. */
    MetadataChange change(int broker, MetadataEntry entry, long deadlineNanos);

    /** A command that may be sent twice. */
    CommandResult execute(int broker, int shard, ShardCommand command, long deadlineNanos);

    /** What a topic's partitions in a shard hold. */
    List<Bounds> bounds(int broker, int shard, UUID topic, long deadlineNanos);

    /** A group's id; null: its home shard knows none of that name. */
    @Nullable
    UUID findGroup(int broker, int shard, String name, long deadlineNanos);
}
