package io.millrace.replication;

/**
 * The first record at or after a time.
 *
 * @param offset the log end where there is none
 * @param timestampMillis its timestamp; -1 where there is none
 */
public record OffsetAtTime(long offset, long timestampMillis, int leaderEpoch) {}
