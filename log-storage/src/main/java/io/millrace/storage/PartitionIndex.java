package io.millrace.storage;

import java.util.Map;

/**
 * All state of a shard replica but the payload bytes, in one store. There is no write-ahead log of its own: the Raft log is it. After a
 * crash the index stands at some earlier {@link AppliedMark} and the entries after it are applied again.
 *
 * <p>{@link #begin} and the {@link Transaction} are used by one thread at a time: the apply thread, or who holds it off; everything else by
 * any thread, each {@link View} by one thread at a time. After {@link #close} every call, on open views too, throws {@link StorageException.Kind#CLOSED}.
 *
 * <p>Failure: an error of a write or a flush is final. The index calls its {@link FailStop}, and each later write throws CLOSED. A read that
 * meets damaged bytes throws CORRUPT and never gives a wrong row.
 */
public interface PartitionIndex extends AutoCloseable {

    /** Starts the changes of one apply. At most one is open at a time. */
    Transaction begin();

    /** A consistent view of what is committed now, for reading; {@code put} and {@code delete} are refused. Close it soon. */
    View view();

    AppliedMark applied();

    /** A mark that a crash cannot take back: the index comes up at it or at a later one. Up to here the Raft log may be purged. */
    AppliedMark durable();

    /**
     * How many commits were begun since the index was opened. More than one may have the same mark, so that a mark does not tell what is
     * durable. A view that was taken before the call holds none of the later ones.
     */
    long commits();

    /** How many of the {@link #commits} a crash cannot take back: at least so many. */
    long durableCommits();

    /** Makes everything durable that was committed before the call. Commits go on meanwhile. */
    void flush();

    /** Live payload bytes per segment file; files without any are left out. */
    Map<Integer, Long> liveBytes();

    /** Does not flush: what was committed after the last flush may be lost, as in a crash. */
    @Override
    void close();

    /** The changes of one apply: all or nothing. */
    interface Transaction extends Rows, AutoCloseable {
        /**
         * Writes all rows and the mark at once. Visible to new views on return; durable after the next {@link PartitionIndex#flush}.
         * The mark is not below {@link PartitionIndex#applied}; it may be the same, for changes that no entry made. Called once.
         */
        void commit(AppliedMark mark);

        /** Drops what was not committed. */
        @Override
        void close();
    }

    /** A snapshot. */
    interface View extends Rows, AutoCloseable {
        /** The mark that these rows stand at. */
        AppliedMark applied();

        @Override
        void close();
    }
}
