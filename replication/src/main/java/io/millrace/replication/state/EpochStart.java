package io.millrace.replication.state;

/** A leader epoch of a partition, and the first offset written under it. */
public record EpochStart(int leaderEpoch, long firstOffset) {}
