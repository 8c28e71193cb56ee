package io.millrace.replication.peer;

/** A broker says that it leads a shard in a term and has applied everything of earlier ones. */
public record ShardLeader(int shard, long term, int broker) {}
