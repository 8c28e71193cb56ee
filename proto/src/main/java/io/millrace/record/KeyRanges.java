package io.millrace.record;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Which partition owns which coordinates (placement RANGES): each from its low up to the next one's. Immutable, pure.
 *
 * <p>With a power of two of partitions, {@link #even} agrees with modulo: range r belongs to the partition whose number is
 * r with its bits in reverse. There partition p's low is p's bits in reverse, and cutting its range in half gives the upper
 * half to p + n, which is where modulo 2n puts those keys.
 */
public final class KeyRanges {
    private final int[] lows;
    private final int[] partitions;

    private KeyRanges(int[] lows, int[] partitions) {
        this.lows = lows;
        this.partitions = partitions;
    }

    /**
     * Ranges of equal size for the partitions of a new topic, given out in the order of the reversed bits of their numbers.
     */
    public static KeyRanges even(int partitionCount) {
        if (partitionCount < 1) {
            throw new IllegalArgumentException("A topic has at least one partition, not " + partitionCount);
        }
        int[] lows = new int[partitionCount];
        Arrays.setAll(lows, range -> (int) (KeyHash.COORDINATES * range / partitionCount));
        int[] partitions = IntStream.range(0, partitionCount)
                .mapToLong(partition -> ((long) KeyHash.reversed(partition) << 32) | partition)
                .sorted()
                .mapToInt(sorted -> (int) sorted)
                .toArray();
        return new KeyRanges(lows, partitions);
    }

    /**
     * Ranges by their lows.
     *
     * @param lowOfPartition by partition number; -1 for a partition that owns no range
     * @throws IllegalArgumentException where the ranges leave coordinates out or two begin at the same
     */
    public static KeyRanges of(int[] lowOfPartition) {
        long[] sorted = IntStream.range(0, lowOfPartition.length)
                .filter(partition -> lowOfPartition[partition] >= 0)
                .mapToLong(partition -> ((long) lowOfPartition[partition] << 32) | partition)
                .sorted()
                .toArray();
        int[] lows = Arrays.stream(sorted).mapToInt(pair -> (int) (pair >>> 32)).toArray();
        int[] partitions = Arrays.stream(sorted).mapToInt(pair -> (int) pair).toArray();
        if (lows.length == 0 || lows[0] != 0) {
            throw new IllegalArgumentException("No range begins at 0: " + Arrays.toString(lowOfPartition));
        }
        for (int i = 1; i < lows.length; i++) {
            if (lows[i] == lows[i - 1]) {
                throw new IllegalArgumentException("Two ranges begin at " + lows[i]);
            }
        }
        return new KeyRanges(lows, partitions);
    }

    /** The partition that owns the coordinate. */
    public int partition(int coordinate) {
        return partitions[range(coordinate)];
    }

    /** The partition of a key by its {@link KeyHash#murmur2}. */
    public int partitionOfHash(int hash) {
        return partition(KeyHash.coordinate(hash));
    }

    private int range(int coordinate) {
        if (coordinate < 0) {
            throw new IllegalArgumentException("A coordinate is not negative: " + coordinate);
        }
        int found = Arrays.binarySearch(lows, coordinate);
        return found >= 0 ? found : -found - 2;
    }

    /** How many partitions own a range. */
    public int count() {
        return lows.length;
    }

    /** The first coordinate that the partition owns, or -1 where it owns none. */
    public int low(int partition) {
        int range = rangeOf(partition);
        return range < 0 ? -1 : lows[range];
    }

    /** The end of what the partition owns (at most 2^31), or -1 where it owns nothing. */
    public long high(int partition) {
        int range = rangeOf(partition);
        if (range < 0) {
            return -1;
        }
        return range + 1 < lows.length ? lows[range + 1] : KeyHash.COORDINATES;
    }

    private int rangeOf(int partition) {
        for (int range = 0; range < partitions.length; range++) {
            if (partitions[range] == partition) {
                return range;
            }
        }
        return -1;
    }
}
