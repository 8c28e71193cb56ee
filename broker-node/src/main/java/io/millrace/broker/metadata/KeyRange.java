package io.millrace.broker.metadata;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** A range {@code [low, high)} of the key coordinate, the bit-reversed positive murmur2 of a key: 0..2^31. Pure. */
public record KeyRange(long low, long high) {
    public static final long END = 1L << 31;

    public KeyRange {
        if (low < 0 || high <= low || high > END) {
            throw new IllegalArgumentException("not a key range: [" + low + ", " + high + ")");
        }
    }

    public boolean contains(long coordinate) {
        return low <= coordinate && coordinate < high;
    }

    /**
     * Equal shares for partitions 0..count-1. They lie in the order of the partitions' bit-reversed numbers: so, with a power of two of
     * partitions, the owner of a key's coordinate is its hash modulo the count, as in Kafka.
     */
    public static List<KeyRange> divide(int count) {
        List<Integer> byCoordinate = IntStream.range(0, count)
                .boxed()
                .sorted(Comparator.comparingLong(number -> Integer.reverse(number) & 0xFFFF_FFFFL))
                .toList();
        List<KeyRange> ranges = new ArrayList<>(
                byCoordinate.stream().map(number -> new KeyRange(0, END)).toList());
        for (int i = 0; i < count; i++) {
            ranges.set(byCoordinate.get(i), new KeyRange(END * i / count, END * (i + 1) / count));
        }
        return ranges;
    }
}
