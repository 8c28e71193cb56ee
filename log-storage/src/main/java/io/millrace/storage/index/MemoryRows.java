package io.millrace.storage.index;

import io.millrace.storage.Family;
import io.millrace.storage.Rows;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/** Rows in sorted maps: for pure models and tests of the layers above. Not thread safe; nothing is rolled back. */
public final class MemoryRows implements Rows, RowSource {
    private final Map<Family, NavigableMap<byte[], byte[]>> families = new EnumMap<>(Family.class);

    public MemoryRows() {
        for (Family family : Family.values()) {
            families.put(family, new TreeMap<>(Arrays::compareUnsigned));
        }
    }

    /** A copy that changes apart from this one. */
    public MemoryRows copy() {
        MemoryRows copy = new MemoryRows();
        for (Family family : Family.values()) {
            copy.rows(family).putAll(rows(family));
        }
        return copy;
    }

    @Override
    public byte @Nullable [] get(Family family, byte[] key) {
        return rows(family).get(key);
    }

    @Override
    public void put(Family family, byte[] key, byte[] value) {
        rows(family).put(key, value);
    }

    @Override
    public void delete(Family family, byte[] key) {
        rows(family).remove(key);
    }

    @Override
    public @Nullable Row floor(Family family, byte[] lowest, byte[] key) {
        return below(family, lowest, key, true);
    }

    @Override
    public @Nullable Row below(Family family, byte[] lowest, byte[] key, boolean inclusive) {
        NavigableMap<byte[], byte[]> rows = rows(family);
        Map.Entry<byte[], byte[]> entry = inclusive ? rows.floorEntry(key) : rows.lowerEntry(key);
        return entry == null || Arrays.compareUnsigned(entry.getKey(), lowest) < 0
                ? null
                : new Row(entry.getKey(), entry.getValue());
    }

    @Override
    public void scan(Family family, byte[] from, byte[] to, BiPredicate<byte[], byte[]> visitor) {
        if (Arrays.compareUnsigned(from, to) >= 0) {
            return;
        }
        for (Map.Entry<byte[], byte[]> entry :
                rows(family).subMap(from, true, to, false).entrySet()) {
            if (!visitor.test(entry.getKey(), entry.getValue())) {
                return;
            }
        }
    }

    private NavigableMap<byte[], byte[]> rows(Family family) {
        NavigableMap<byte[], byte[]> rows = families.get(family);
        if (rows == null) {
            throw new AssertionError(family);
        }
        return rows;
    }
}
