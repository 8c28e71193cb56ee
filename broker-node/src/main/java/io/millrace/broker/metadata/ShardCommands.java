package io.millrace.broker.metadata;

import io.millrace.broker.cluster.AtLeader;
import io.millrace.replication.state.CommandResult;
import io.millrace.replication.state.ShardCommand;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Commands to shards, wherever they are led. Only such that may be sent twice. Thread safe; calls block for up to their deadline and throw
 * {@link io.millrace.error.FaultException}; what a shard refuses is a value.
 */
public final class ShardCommands {
    /** A leader that does not answer must not use up all the time that the next one could. */
    private static final long ATTEMPT_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final Partitions partitions;
    private final LongSupplier nanos;
    private final int self;
    private final @Nullable AtLeader atLeader;
    private final @Nullable RemoteShards remote;

    private ShardCommands(
            Partitions partitions,
            LongSupplier nanos,
            int self,
            @Nullable AtLeader atLeader,
            @Nullable RemoteShards remote) {
        this.partitions = partitions;
        this.nanos = nanos;
        this.self = self;
        this.atLeader = atLeader;
        this.remote = remote;
    }

    /** Of a broker that stands alone. */
    public static ShardCommands alone(Partitions partitions, LongSupplier nanos) {
        return new ShardCommands(partitions, nanos, 0, null, null);
    }

    /** @param self id of this broker */
    public static ShardCommands inCluster(
            Partitions partitions, LongSupplier nanos, int self, AtLeader atLeader, RemoteShards remote) {
        return new ShardCommands(partitions, nanos, self, atLeader, remote);
    }

    public CommandResult execute(int shard, ShardCommand command, String resource, long deadlineNanos) {
        RemoteShards others = remote;
        if (atLeader == null || others == null) {
            return here(shard, command, resource, deadlineNanos);
        }
        return atLeader.call(
                shard,
                deadlineNanos,
                leader -> leader == self
                        ? here(shard, command, resource, deadlineNanos)
                        : others.execute(leader, shard, command, attempt(deadlineNanos)));
    }

    /** By this broker, which leads the shard. */
    public CommandResult here(int shard, ShardCommand command, String resource, long deadlineNanos) {
        return Waiting.await(partitions.shard(shard).execute(command, deadlineNanos), resource, deadlineNanos, nanos);
    }

    /** A group's id as the leader of its home shard knows it; null: there is none of that name. */
    @Nullable
    UUID findGroup(int shard, String name, long deadlineNanos) {
        RemoteShards others = remote;
        if (atLeader == null || others == null) {
            return groupHere(shard, name);
        }
        return atLeader.call(
                shard,
                deadlineNanos,
                leader -> leader == self
                        ? groupHere(shard, name)
                        : others.findGroup(leader, shard, name, attempt(deadlineNanos)));
    }

    /** What a topic's partitions hold, by number, as the leaders of their shards say. */
    public Map<Integer, Bounds> bounds(Topic topic, long deadlineNanos) {
        RemoteShards others = remote;
        Map<Integer, Bounds> all = new HashMap<>();
        for (int shard : topic.shards()) {
            List<Bounds> found = atLeader == null || others == null
                    ? boundsHere(shard, topic.id())
                    : atLeader.call(
                            shard,
                            deadlineNanos,
                            leader -> leader == self
                                    ? boundsHere(shard, topic.id())
                                    : others.bounds(leader, shard, topic.id(), attempt(deadlineNanos)));
            found.forEach(one -> all.put(one.partition(), one));
        }
        return all;
    }

    /** By this broker, which leads the shard. */
    public List<Bounds> boundsHere(int shard, UUID topic) {
        return partitions.shard(shard).partitions().stream()
                .filter(status -> status.id().topic().equals(topic))
                .map(status -> new Bounds(
                        status.id().number(), status.logStart(), status.logEnd(), status.records(), status.bytes()))
                .toList();
    }

    /** By this broker's replica. */
    public @Nullable UUID groupHere(int shard, String name) {
        var group = partitions.shard(shard).group(name);
        return group == null ? null : group.id();
    }

    private long attempt(long deadlineNanos) {
        return Math.min(deadlineNanos, nanos.getAsLong() + ATTEMPT_NANOS);
    }
}
