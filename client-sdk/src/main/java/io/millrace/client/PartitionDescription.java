package io.millrace.client;

/**
 * A partition as the cluster knows it. Bounds and sizes are filled by {@link Admin#describeTopic} only.
 *
 * @param leader a broker's id; -1: none known
 * @param keyLow the partition owns the key coordinates {@code [keyLow, keyHigh)} of {@code 0..2^31}
 * @param logStart first offset that can be read
 * @param logEnd one above the last offset that can be read
 */
public record PartitionDescription(
        int partition,
        int shard,
        int leader,
        int leaderEpoch,
        long keyLow,
        long keyHigh,
        long logStart,
        long logEnd,
        long records,
        long bytes) {}
