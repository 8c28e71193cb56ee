package io.millrace.storage;

import java.util.Map;

/**
 * All state of a shard replica but the payload bytes, in one store. There is no write-ahead log of its own: the Raft log is it. After a
 * crash the index stands at some earlier {@link AppliedMark} and the entries after it are applied again.
 *
 * <p>{@link #begin} and {@link Transaction#commit} are called by the apply thread alone; {@link #view}, {@link #applied} by any thread.
 */
public interface PartitionIndex extends AutoCloseable {

    /** Starts the changes of one apply. At most one is open at a time. */
    Transaction begin();

    /** A consistent view of what is committed now, for reading; {@code put} and {@code delete} are refused. Close it soon. */
    View view();

    AppliedMark applied();

    /** Makes everything committed durable. */
    void flush();

    /** Live payload bytes per segment file. */
    Map<Integer, Long> liveBytes();

    @Override
    void close();

    /** The changes of one apply: all or nothing. */
    interface Transaction extends Rows, AutoCloseable {
        /** Writes all rows and the mark at once. Visible to new views on return; durable after the next {@link PartitionIndex#flush}. */
        void commit(AppliedMark mark);

        /** Drops what was not committed. */
        @Override
        void close();
    }

    /** A snapshot. */
    interface View extends Rows, AutoCloseable {
        @Override
        void close();
    }
}
