package io.millrace.storage.clean;

import io.millrace.storage.AppliedMark;
import io.millrace.storage.PartitionIndex;
import io.millrace.storage.ShardLog;
import io.millrace.storage.ShardLog.SegmentInfo;
import io.millrace.storage.index.FileRow;
import io.millrace.storage.index.FileRows;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Deletes segment files that hold no live byte. A file is dead when all of this holds:
 *
 * <ul>
 *   <li>it is sealed, and ends before the end of the log at the <em>durable</em> mark: all its frames were applied, or truncated and never
 *       will be;
 *   <li>no extent points into it, and a crash cannot bring one back: it was seen dead at a mark that is durable by now;
 *   <li>its last raft index lies below the floor, the first index that the Raft log still holds: no peer can ask for its frames.
 * </ul>
 *
 * A file never comes to life again: extents are added at the end of the log only.
 *
 * <p>Crash safe without a record of its own: the file is deleted first, then its row. A file whose deletion a crash undid has no row, or one
 * without live bytes, and is deleted again; a row whose file is gone is removed by the next pass.
 *
 * <p>Owned by the apply thread, since it opens a transaction; it reads FILES, a row for each segment file, and touches no file itself.
 */
public final class DeadFileCleaner {
    private final ShardLog log;
    private final PartitionIndex index;
    /** Dead files, with the raft index of the mark at which they were first seen dead. Lost in a crash: they are seen again. */
    private final Map<Integer, Long> seenDead = new HashMap<>();

    public DeadFileCleaner(ShardLog log, PartitionIndex index) {
        this.log = log;
        this.index = index;
    }

    /**
     * One pass; no transaction is open. A file is deleted by the first pass after the index was flushed at or above the mark at which an
     * earlier pass saw it dead.
     *
     * @param floor first raft index that this replica's Raft log still holds
     * @param limit most files to delete, at least 1
     * @return how many were deleted
     */
    public int clean(long floor, int limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("limit " + limit);
        }
        Map<Integer, FileRow> rows = new HashMap<>();
        long seenAt;
        try (PartitionIndex.View view = index.view()) {
            FileRows.all(view).forEach(row -> rows.put(row.file(), row));
            seenAt = view.applied().raftIndex();
        }
        AppliedMark durable = index.durable();
        Set<Integer> forgotten = new HashSet<>(rows.keySet());
        Set<Integer> stillDead = new HashSet<>();
        int deleted = 0;
        List<SegmentInfo> segments = log.segments();
        for (SegmentInfo segment : segments) {
            int file = segment.file();
            FileRow row = rows.get(file);
            forgotten.remove(file);
            if (!segment.sealed()
                    || !isDead(row, floor)
                    || file >= durable.logEnd().file()) {
                continue;
            }
            long since = seenDead.computeIfAbsent(file, any -> seenAt);
            if (since <= durable.raftIndex() && deleted < limit) {
                log.delete(file);
                forgotten.add(file);
                deleted++;
            } else {
                stillDead.add(file);
            }
        }
        seenDead.keySet().retainAll(stillDead);
        removeRows(rows, forgotten, durable);
        return deleted;
    }

    /** No row: nothing was ever applied from it, or it was deleted before and a crash kept it. */
    private static boolean isDead(@Nullable FileRow row, long floor) {
        return row == null || (row.liveBytes() == 0 && row.lastRaftIndex() < floor);
    }

    /** Rows of files that are gone. One with live bytes stays: it names a loss, which a reader must see as such. */
    private void removeRows(Map<Integer, FileRow> rows, Set<Integer> gone, AppliedMark durable) {
        List<Integer> removed = gone.stream()
                .filter(file -> {
                    FileRow row = rows.get(file);
                    return row != null
                            && row.liveBytes() == 0
                            && file < durable.logEnd().file();
                })
                .toList();
        if (removed.isEmpty()) {
            return;
        }
        try (PartitionIndex.Transaction transaction = index.begin()) {
            removed.forEach(file -> FileRows.remove(transaction, file));
            transaction.commit(index.applied());
        }
    }
}
