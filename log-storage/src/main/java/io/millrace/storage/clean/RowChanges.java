package io.millrace.storage.clean;

import io.millrace.storage.Rows;
import java.util.function.Consumer;

/** Changes rows in one transaction of their own, between two applies, at the mark where the index stands. */
@FunctionalInterface
public interface RowChanges {
    void make(Consumer<Rows> change);
}
