package io.millrace.storage.clean;

import io.millrace.storage.AppliedMark;
import io.millrace.storage.PartitionIndex;
import io.millrace.storage.Rows;
import io.millrace.storage.ShardLog;
import io.millrace.storage.ShardLog.SegmentInfo;
import io.millrace.storage.index.FileRow;
import io.millrace.storage.index.FileRows;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Deletes segment files that hold no live byte. A file is dead when all of this holds:
 *
 * <ul>
 *   <li>it is sealed, and ends before the end of the log at the <em>durable</em> mark: all its frames were applied, or truncated and never
 *       will be; or it holds moved extents, and all rows that were to be moved there are;
 *   <li>no extent points into it, and a crash cannot bring one back: it was seen dead, and what made it so is durable by now;
 *   <li>its last raft index lies below the floor: no replica asks for its frames any more.
 * </ul>
 *
 * A file never comes to life again: extents are added at the end of the log, and to a file of moved extents before it counts as sealed.
 *
 * <p>Crash safe without a record of its own: the file is deleted first, its row goes with a later apply. A file whose deletion a crash undid
 * has no row, or one without live bytes, and is deleted again; a row whose file is gone is found by each pass until it is removed.
 *
 * <p>{@link #clean} is called by one thread at a time, any; {@link #forgetDeleted} by the apply thread.
 */
public final class DeadFileCleaner {
    private final ShardLog log;
    private final PartitionIndex index;
    /** Files that are gone and still have a row. */
    private volatile Set<Integer> gone = Set.of();
    /** Dead files, with the number of commits at which they were first seen dead. Lost in a crash: they are seen again. */
    private final Map<Integer, Long> seenDead = new HashMap<>();

    public DeadFileCleaner(ShardLog log, PartitionIndex index) {
        this.log = log;
        this.index = index;
    }

    /**
     * One pass. A file is deleted by the first pass that finds what made it dead to be durable: the next one after a flush, or this one, where
     * nothing was committed since the flush before it.
     *
     * @param floor raft index below which no replica asks for a payload any more
     * @param limit most files to delete, at least 1
     * @return how many were deleted
     */
    public int clean(long floor, int limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("limit " + limit);
        }
        // Before the view: the rows of a file that counts as sealed by now are all in it.
        Set<Integer> sealed = log.segments().stream()
                .filter(SegmentInfo::sealed)
                .map(SegmentInfo::file)
                .collect(Collectors.toSet());
        Map<Integer, FileRow> rows = new HashMap<>();
        long seenAt;
        try (PartitionIndex.View view = index.view()) {
            FileRows.all(view).forEach(row -> rows.put(row.file(), row));
            seenAt = index.commits(); // none that the view holds is beyond it
        }
        AppliedMark durable = index.durable();
        long durableCommits = index.durableCommits();
        Set<Integer> forgotten = new HashSet<>(rows.keySet());
        Set<Integer> stillDead = new HashSet<>();
        int deleted = 0;
        for (SegmentInfo segment : log.segments()) {
            int file = segment.file();
            FileRow row = rows.get(file);
            forgotten.remove(file);
            if (!sealed.contains(file) || !isDead(file, row, floor) || isAhead(file, durable)) {
                continue;
            }
            long since = seenDead.computeIfAbsent(file, any -> seenAt);
            if (since <= durableCommits && deleted < limit) {
                log.delete(file);
                forgotten.add(file);
                deleted++;
            } else {
                stillDead.add(file);
            }
        }
        seenDead.keySet().retainAll(stillDead);
        forgotten.removeIf(file -> isStillNeeded(rows.get(file), durable));
        gone = Set.copyOf(forgotten);
        return deleted;
    }

    /**
     * An ordinary file without a row: nothing was ever applied from it, or it was deleted before and a crash kept it. A file of moved extents
     * without one waits for its rows.
     */
    private static boolean isDead(int file, @Nullable FileRow row, long floor) {
        return row == null ? !ShardLog.isMoved(file) : row.liveBytes() == 0 && row.lastRaftIndex() < floor;
    }

    /** An entry that is not durably applied may have a frame in it. */
    static boolean isAhead(int file, AppliedMark durable) {
        return !ShardLog.isMoved(file) && file >= durable.logEnd().file();
    }

    /** A row with live bytes stays: it names a loss, which a reader must see as such. */
    private static boolean isStillNeeded(@Nullable FileRow row, AppliedMark durable) {
        return row == null || row.liveBytes() > 0 || isAhead(row.file(), durable);
    }

    /** Removes the rows of deleted files, within a transaction that is under way: at the end of an apply. Cheap where there are none. */
    public void forgetDeleted(Rows rows) {
        Set<Integer> files = gone;
        if (!files.isEmpty()) {
            gone = Set.of(); // what a pass adds right now is lost, and found by the next one
            files.forEach(file -> FileRows.remove(rows, file));
        }
    }
}
