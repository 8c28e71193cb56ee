package io.millrace.storage.index;

import io.millrace.storage.Family;
import io.millrace.storage.Rows.Row;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/** Sorted rows to read from: what an {@link Overlay} lies over. Same contract as {@link io.millrace.storage.Rows}. */
interface RowSource {
    byte @Nullable [] get(Family family, byte[] key);

    /** The row with the greatest key that is ≥ {@code lowest} and below {@code key}, or at it where {@code inclusive}. */
    @Nullable
    Row below(Family family, byte[] lowest, byte[] key, boolean inclusive);

    void scan(Family family, byte[] from, byte[] to, BiPredicate<byte[], byte[]> visitor);
}
