package io.millrace.storage;

import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Sorted rows of the column families, as a state machine sees them: it reads what it wrote before. Implemented over RocksDB (one write
 * batch) and over sorted maps in memory. Not thread safe. Arrays are not copied: they are not changed after they were handed over.
 */
public interface Rows {
    byte @Nullable [] get(Family family, byte[] key);

    void put(Family family, byte[] key, byte[] value);

    void delete(Family family, byte[] key);

    /** The row with the greatest key ≤ {@code key} that is ≥ {@code lowest}, or null. */
    @Nullable
    Row floor(Family family, byte[] lowest, byte[] key);

    /** Visits rows with {@code from} ≤ key &lt; {@code to} in rising order until the visitor returns false. The visitor does not write. */
    void scan(Family family, byte[] from, byte[] to, BiPredicate<byte[], byte[]> visitor);

    /** A row as it stands. */
    record Row(byte[] key, byte[] value) {}
}
