package io.millrace.replication.peer;

/** Names the payload of one Raft entry: there is at most one for each (shard, term, index). */
public record PayloadId(int shard, long term, long raftIndex) {}
