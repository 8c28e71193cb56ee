package io.millrace.replication;

import io.millrace.storage.index.ExtentRow;

/** Goes along while stored extents are read from end to end. Called on the thread that scans. */
public interface ScanVisitor {
    /** Which extents to read. */
    default boolean wants(ExtentRow extent) {
        return true;
    }

    /** Before bytes are read; waits as the pace wants. False: give up. */
    boolean next(int bytes);

    default void damaged(DamagedExtent extent) {}
}
