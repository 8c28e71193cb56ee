package io.millrace.storage.index;

import io.millrace.storage.Extent;
import io.millrace.storage.Family;
import io.millrace.storage.Rows;
import io.millrace.storage.Rows.Row;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The EXTENTS of a shard, and the live bytes that they make in {@link FileRows}. Pure functions over {@link Rows}. */
public final class ExtentRows {
    private static final byte[] ABOVE_ALL = new byte[ExtentRow.KEY_BYTES + 1];

    static {
        Arrays.fill(ABOVE_ALL, (byte) -1);
    }

    private ExtentRows() {}

    /**
     * Adds an extent above all others of its partition; its bytes are live from now on. The caller keeps offsets rising and the maximum
     * timestamp running (it never falls).
     *
     * @param raftIndex of the entry whose frame holds the bytes
     */
    public static void put(Rows rows, ExtentRow extent, long raftIndex) {
        rows.put(Family.EXTENTS, extent.key(), extent.value());
        FileRows.add(rows, extent.file(), extent.liveBytes(), raftIndex);
    }

    /**
     * Points an extent to a copy of its bytes, in a file that {@link FileRows#moved} has announced. Only if it still is where it was seen: one
     * that was dropped meanwhile stays dropped.
     *
     * @param copy all its bytes, batches and facts
     * @return whether it was moved
     */
    public static boolean move(Rows rows, ExtentRow seen, Extent copy) {
        byte[] now = rows.get(Family.EXTENTS, seen.key());
        if (now == null || !ExtentRow.of(seen.key(), now).equals(seen)) {
            return false;
        }
        if (copy.length() != seen.liveBytes()) {
            throw new IllegalArgumentException(copy + " is no copy of " + seen);
        }
        rows.put(
                Family.EXTENTS,
                seen.key(),
                seen.at(copy.file(), copy.position()).value());
        FileRows.subtract(rows, seen.file(), seen.liveBytes());
        FileRows.add(rows, copy.file(), seen.liveBytes(), -1);
        return true;
    }

    /**
     * Extents that stand in some files, by partition and offset: at most {@code limit}, and no more once they have {@code maxBytes}. Looks at
     * every row there is.
     */
    public static List<ExtentRow> inFiles(Rows rows, Set<Integer> files, int limit, long maxBytes) {
        List<ExtentRow> found = new ArrayList<>();
        long[] bytes = new long[1];
        rows.scan(Family.EXTENTS, new byte[0], ABOVE_ALL, (key, value) -> {
            ExtentRow extent = ExtentRow.of(key, value);
            if (files.contains(extent.file())) {
                found.add(extent);
                bytes[0] += extent.liveBytes();
            }
            return found.size() < limit && bytes[0] < maxBytes;
        });
        return found;
    }

    /** The extent whose interval holds the offset, else the next one above; null where there is none. */
    public static @Nullable ExtentRow locate(Rows rows, int partition, long offset) {
        ExtentRow[] found = new ExtentRow[1];
        scan(rows, partition, offset, extent -> {
            found[0] = extent;
            return false;
        });
        return found[0];
    }

    /** Visits the extents from the one that holds the offset (else the next above) on, until the visitor returns false. */
    public static void scan(Rows rows, int partition, long offset, Predicate<ExtentRow> visitor) {
        long from = Math.max(0, offset);
        Row floor = rows.floor(Family.EXTENTS, ExtentRow.key(partition, 0), ExtentRow.key(partition, from));
        if (floor != null) {
            ExtentRow below = ExtentRow.of(floor);
            if (below.lastOffset() >= from) {
                if (!visitor.test(below) || below.lastOffset() == Long.MAX_VALUE) {
                    return;
                }
                from = below.lastOffset() + 1;
            }
        }
        rows.scan(
                Family.EXTENTS,
                ExtentRow.key(partition, from),
                end(partition),
                (key, value) -> visitor.test(ExtentRow.of(key, value)));
    }

    /** The partition's extent with the highest offsets, or null. */
    public static @Nullable ExtentRow last(Rows rows, int partition) {
        Row row = rows.floor(Family.EXTENTS, ExtentRow.key(partition, 0), ExtentRow.key(partition, Long.MAX_VALUE));
        return row == null ? null : ExtentRow.of(row);
    }

    /**
     * The first extent of those that reach into [start, end) whose running maximum timestamp is ≥ {@code timestamp}: it holds the first
     * record that is as young, where it holds one at all below {@code end}. Null where all are older.
     *
     * <p>The running maximum never falls, so a binary search over offsets finds it without an index of times.
     */
    public static @Nullable ExtentRow atTime(Rows rows, int partition, long start, long end, long timestamp) {
        ExtentRow first = start < end ? locate(rows, partition, start) : null;
        if (first == null || first.baseOffset() >= end) {
            return null;
        }
        if (first.maxTimestamp() >= timestamp) {
            return first;
        }
        ExtentRow young = floor(rows, first, end - 1);
        if (young.maxTimestamp() < timestamp) {
            return null;
        }
        long old = first.lastOffset(); // every extent that begins at or below it is too old
        while (old + 1 < young.baseOffset()) {
            long middle = old + (young.baseOffset() - old) / 2;
            ExtentRow extent = floor(rows, first, middle);
            if (extent.maxTimestamp() >= timestamp) {
                young = extent;
            } else {
                old = Math.max(middle, Math.min(extent.lastOffset(), young.baseOffset() - 1));
            }
        }
        return young;
    }

    /**
     * Drops extents that end below {@code offset}, from the lowest on, at most {@code limit} of them, so that one apply stays short; one
     * that holds the offset stays whole. Their bytes are dead.
     */
    public static Dropped dropBelow(Rows rows, int partition, long offset, int limit) {
        return drop(rows, partition, limit, extent -> extent.lastOffset() < offset);
    }

    /** Drops all extents of a partition, at most {@code limit} at a time. Their bytes are dead. */
    public static Dropped drop(Rows rows, int partition, int limit) {
        return drop(rows, partition, limit, extent -> true);
    }

    private static Dropped drop(Rows rows, int partition, int limit, Predicate<ExtentRow> dead) {
        if (limit <= 0) {
            throw new IllegalArgumentException("limit " + limit);
        }
        List<ExtentRow> dropped = new ArrayList<>();
        boolean[] more = new boolean[1];
        rows.scan(Family.EXTENTS, ExtentRow.key(partition, 0), end(partition), (key, value) -> {
            ExtentRow extent = ExtentRow.of(key, value);
            if (!dead.test(extent)) {
                return false;
            }
            more[0] = dropped.size() == limit;
            return !more[0] && dropped.add(extent);
        });
        long records = 0;
        long bytes = 0;
        for (ExtentRow extent : dropped) {
            rows.delete(Family.EXTENTS, extent.key());
            FileRows.subtract(rows, extent.file(), extent.liveBytes());
            records += extent.records();
            bytes += extent.liveBytes();
        }
        return new Dropped(dropped.size(), records, bytes, !more[0]);
    }

    private static ExtentRow floor(Rows rows, ExtentRow lowest, long offset) {
        Row row = rows.floor(Family.EXTENTS, lowest.key(), ExtentRow.key(lowest.partition(), offset));
        if (row == null) {
            throw new IllegalStateException("No extent from " + lowest + " to offset " + offset);
        }
        return ExtentRow.of(row);
    }

    /** A key above all rows of the partition: offsets are not negative, so no key has all bits of an offset set. */
    private static byte[] end(int partition) {
        return ByteBuffer.allocate(ExtentRow.KEY_BYTES)
                .putInt(partition)
                .putLong(-1)
                .array();
    }

    /**
     * What was dropped.
     *
     * @param bytes that are dead now
     * @param complete nothing is left to drop
     */
    public record Dropped(int extents, long records, long bytes, boolean complete) {}
}
