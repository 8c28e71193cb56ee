package io.millrace.replication.ratis;

import io.millrace.replication.ReplicatedMachine;
import io.millrace.storage.ShardLog;
import java.nio.file.Path;

/**
 * One shard of this broker, as a Raft group with this broker as its only voter. Log and machine are opened before and closed after the
 * {@link RatisHost}.
 *
 * @param shard number of the shard in the cluster
 * @param directory of the group's Raft log; the group keeps a directory of its own in there, nothing else may
 * @param shardLog recovered: what it finds is whole
 * @param machine stands at an applied index that its own storage has made durable
 * @param <R> what applying an entry answers
 */
public record RaftGroupSpec<R>(int shard, Path directory, ShardLog shardLog, ReplicatedMachine<R> machine) {}
