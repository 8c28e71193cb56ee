package io.millrace.broker.verify;

import java.util.List;

/** Hears how a check of a replica goes, on one thread. */
public interface CheckSink {
    /**
     * First of all, once.
     *
     * @param extents since the broker's start
     * @param last those of them that were repaired last
     */
    void repaired(long extents, List<DamagedRun> last);

    /** Then, once. {@code raftIndex}: of the entry. */
    void sums(long raftIndex, List<PartitionSum> partitions);

    /** Bytes read so far. */
    void read(long bytes);

    void damaged(DamagedRun run);

    void stored(StoredSum sum);

    /** Nobody wants to know any more. */
    boolean isCancelled();
}
