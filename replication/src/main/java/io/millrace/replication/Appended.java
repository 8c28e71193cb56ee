package io.millrace.replication;

/**
 * An append is on the disks of a majority.
 *
 * @param baseOffset offset of the batch's first record
 * @param duplicate it stood there before: the producer sent it again
 */
public record Appended(long baseOffset, boolean duplicate, long logStart) {}
