package io.millrace.replication.ratis;

import io.millrace.replication.RaftVoter;
import io.millrace.replication.ReplicatedMachine;
import io.millrace.storage.ShardLog;
import java.nio.file.Path;
import java.util.List;

/**
 * A shard's replica on this broker, as a Raft group. Log and machine are opened before it is added to the {@link RatisHost} and closed after it was
 * removed.
 *
 * @param shard number of the shard in the cluster
 * @param directory of the group's Raft log; the group keeps a directory of its own in there, nothing else may
 * @param shardLog recovered: what it finds is whole
 * @param machine stands at an applied index that its own storage has made durable
 * @param voters of a new group, the same on each of them; empty: the group knows nobody and waits until its leader adds it. A configuration that
 *     stands in the Raft log, or beside it, goes before
 * @param <R> what applying an entry answers
 */
public record RaftGroupSpec<R>(
        int shard, Path directory, ShardLog shardLog, ReplicatedMachine<R> machine, List<RaftVoter> voters) {
    public RaftGroupSpec {
        voters = List.copyOf(voters);
    }
}
