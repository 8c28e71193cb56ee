package io.millrace.replication.state;

/** Where an entry stands in the Raft log. */
public record EntryContext(long term, long raftIndex) {}
