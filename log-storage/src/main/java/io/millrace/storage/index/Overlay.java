package io.millrace.storage.index;

import io.millrace.storage.Family;
import io.millrace.storage.Rows;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Changes over rows that stand still below: reads see both, nothing reaches the rows below. Changes are few (those of one apply), so that
 * they lie in sorted maps on the heap: a row that an apply touches twenty times costs one read from the store.
 *
 * <p>Not thread safe.
 */
final class Overlay implements Rows, RowSource {
    /** Known by identity, and never leaves this class: an empty value is a value. */
    private static final byte[] DELETED = new byte[0];

    private static final NavigableMap<byte[], byte[]> NONE =
            Collections.unmodifiableNavigableMap(new TreeMap<>(Arrays::compareUnsigned));

    private final RowSource base;
    private final Map<Family, NavigableMap<byte[], byte[]>> changes = new EnumMap<>(Family.class);

    Overlay(RowSource base) {
        this.base = base;
    }

    /** What to do with each change. */
    interface Changes {
        void put(Family family, byte[] key, byte[] value);

        void delete(Family family, byte[] key);
    }

    /** Visits every change, by family and key. */
    void forEach(Changes visitor) {
        changes.forEach((family, rows) -> rows.forEach((key, value) -> {
            if (value == DELETED) {
                visitor.delete(family, key);
            } else {
                visitor.put(family, key, value);
            }
        }));
    }

    /** Whether the row was changed here. */
    boolean covers(Family family, byte[] key) {
        return changed(family).containsKey(key);
    }

    @Override
    public byte @Nullable [] get(Family family, byte[] key) {
        byte[] changed = changed(family).get(key);
        if (changed == null) {
            return base.get(family, key);
        }
        return changed == DELETED ? null : changed;
    }

    @Override
    public void put(Family family, byte[] key, byte[] value) {
        // An own, empty array must not be taken for the mark of a deletion: it cannot be, DELETED never leaves this
        // class.
        changing(family).put(key, value);
    }

    @Override
    public void delete(Family family, byte[] key) {
        changing(family).put(key, DELETED);
    }

    @Override
    public @Nullable Row floor(Family family, byte[] lowest, byte[] key) {
        return below(family, lowest, key, true);
    }

    @Override
    public @Nullable Row below(Family family, byte[] lowest, byte[] key, boolean inclusive) {
        NavigableMap<byte[], byte[]> changed = changed(family);
        Map.Entry<byte[], byte[]> own = inclusive ? changed.floorEntry(key) : changed.lowerEntry(key);
        while (own != null && own.getValue() == DELETED && Arrays.compareUnsigned(own.getKey(), lowest) >= 0) {
            own = changed.lowerEntry(own.getKey());
        }
        Row row = base.below(family, lowest, key, inclusive);
        while (row != null && changed.containsKey(row.key())) {
            row = base.below(family, lowest, row.key(), false);
        }
        if (own == null || Arrays.compareUnsigned(own.getKey(), lowest) < 0) {
            return row;
        }
        return row != null && Arrays.compareUnsigned(row.key(), own.getKey()) > 0
                ? row
                : new Row(own.getKey(), own.getValue());
    }

    @Override
    public void scan(Family family, byte[] from, byte[] to, BiPredicate<byte[], byte[]> visitor) {
        if (Arrays.compareUnsigned(from, to) >= 0) {
            return;
        }
        NavigableMap<byte[], byte[]> changed = changed(family);
        if (changed.isEmpty()) {
            base.scan(family, from, to, visitor);
            return;
        }
        Merge merge = new Merge(changed.subMap(from, true, to, false), visitor);
        base.scan(family, from, to, merge);
        merge.finish();
    }

    private NavigableMap<byte[], byte[]> changed(Family family) {
        return changes.getOrDefault(family, NONE);
    }

    private NavigableMap<byte[], byte[]> changing(Family family) {
        return changes.computeIfAbsent(family, any -> new TreeMap<>(Arrays::compareUnsigned));
    }

    /** Gives the rows below and the changes to a visitor, in the order of their keys. */
    private static final class Merge implements BiPredicate<byte[], byte[]> {
        private final Iterator<Map.Entry<byte[], byte[]>> changes;
        private final BiPredicate<byte[], byte[]> visitor;
        private Map.@Nullable Entry<byte[], byte[]> next;
        private boolean stopped;

        Merge(NavigableMap<byte[], byte[]> changes, BiPredicate<byte[], byte[]> visitor) {
            this.changes = changes.entrySet().iterator();
            this.visitor = visitor;
            advance();
        }

        @Override
        public boolean test(byte[] key, byte[] value) {
            int order = -1;
            while (!stopped && next != null && (order = Arrays.compareUnsigned(next.getKey(), key)) < 0) {
                visitNext();
            }
            if (stopped) {
                return false;
            }
            if (next != null && order == 0) {
                visitNext();
            } else {
                stopped = !visitor.test(key, value);
            }
            return !stopped;
        }

        void finish() {
            while (!stopped && next != null) {
                visitNext();
            }
        }

        private void visitNext() {
            Map.Entry<byte[], byte[]> change = next;
            if (change == null) {
                throw new IllegalStateException("no change left");
            }
            advance();
            if (change.getValue() != DELETED) {
                stopped = !visitor.test(change.getKey(), change.getValue());
            }
        }

        private void advance() {
            next = changes.hasNext() ? changes.next() : null;
        }
    }
}
