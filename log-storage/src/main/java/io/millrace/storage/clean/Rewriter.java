package io.millrace.storage.clean;

import io.millrace.storage.AppliedMark;
import io.millrace.storage.Extent;
import io.millrace.storage.PartitionIndex;
import io.millrace.storage.Rows;
import io.millrace.storage.ShardLog;
import io.millrace.storage.ShardLog.MovedExtents;
import io.millrace.storage.ShardLog.SegmentInfo;
import io.millrace.storage.StorageException;
import io.millrace.storage.clean.RewritePolicy.Candidate;
import io.millrace.storage.index.ExtentRow;
import io.millrace.storage.index.ExtentRows;
import io.millrace.storage.index.FileRow;
import io.millrace.storage.index.FileRows;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves what is live out of files that are mostly dead, so that {@link DeadFileCleaner} can delete them. One pass:
 *
 * <ol>
 *   <li>choose files ({@link RewritePolicy}) that are sealed, whose entries lie below the floor, and find their extents;
 *   <li>copy these, verified, into a new file of moved extents;
 *   <li>make that file durable;
 *   <li>point the rows to it, each only if it still points to where the copy was taken from.
 * </ol>
 *
 * A crash before the index has made step 4 durable leaves rows that point to the old files, which are there until then, and a new file
 * without rows, which the next start removes. Readers that meet a file that is gone look at the row again.
 *
 * <p>An extent that is damaged, or cannot be read, stays where it is and keeps its file: a copy would get a checksum that says that it is
 * sound. Its neighbours are moved. Such a file is tried again after the next start.
 *
 * <p>Memory: the rows of {@link #MAX_EXTENTS} extents, the largest extent, and a buffer of 1 MiB. {@link #rewrite} is called by one thread at a
 * time; the figures are for any.
 */
public final class Rewriter {
    private static final Logger LOG = LoggerFactory.getLogger(Rewriter.class);

    /** In one pass: some 10 MB of rows. Files with more are done in several. */
    static final int MAX_EXTENTS = 50_000;

    /** Rows in one transaction, which holds applies up for as long: some milliseconds. */
    private static final int ROWS_AT_ONCE = 500;

    /** Frame headers, file header and footer, generously. */
    private static final long OVERHEAD_BYTES = MAX_EXTENTS * 128L + (64 << 10);

    private final ShardLog log;
    private final PartitionIndex index;
    private final SoundReads reads;
    private final RowChanges changes;
    private final Set<Integer> damaged = new HashSet<>();

    private volatile long movedBytes;
    private volatile long filesWritten;
    private volatile int damagedFiles;

    public Rewriter(ShardLog log, PartitionIndex index, SoundReads reads, RowChanges changes) {
        this.log = log;
        this.index = index;
        this.reads = reads;
        this.changes = changes;
    }

    /** An extent, and where its copy stands. */
    private record Move(ExtentRow seen, Extent copy) {}

    /**
     * One pass.
     *
     * @param floor raft index below which no replica asks for a payload any more
     * @param reserveBytes of the file system that a new file leaves free
     * @return whether rows were moved: there may be more to do
     * @throws StorageException IO or FULL where the new file could not be written: nothing has changed
     */
    public boolean rewrite(long floor, long reserveBytes, Pace pace) {
        // Before the view, as the rows of a file that counts as sealed by now are all in it.
        List<SegmentInfo> segments = log.segments();
        try (PartitionIndex.View view = index.view()) {
            List<FileRow> files = FileRows.all(view);
            long room = Math.min(log.segmentBytes(), log.usableBytes() - reserveBytes - OVERHEAD_BYTES);
            Set<Integer> chosen = RewritePolicy.choose(candidates(segments, files, floor), room);
            if (chosen.isEmpty()) {
                return false;
            }
            List<ExtentRow> extents = ExtentRows.inFiles(view, chosen, MAX_EXTENTS, log.segmentBytes());
            if (extents.isEmpty()) {
                LOG.warn(
                        "Files {} are said to have live bytes, but no extent points to them: they are left alone",
                        chosen);
                leaveAlone(chosen);
                return false;
            }
            int highest = files.get(files.size() - 1).file();
            try (MovedExtents target = log.moveTo(highest)) {
                List<Move> moves = copy(view, extents, target, pace);
                if (moves.isEmpty()) {
                    return false;
                }
                target.seal();
                move(target, moves, lastRaftIndex(files, chosen));
                note(chosen, target, moves);
            }
            return true;
        }
    }

    private List<Candidate> candidates(List<SegmentInfo> segments, List<FileRow> files, long floor) {
        Map<Integer, FileRow> rows = new HashMap<>();
        files.forEach(row -> rows.put(row.file(), row));
        AppliedMark durable = index.durable();
        List<Candidate> candidates = new ArrayList<>();
        for (SegmentInfo segment : segments) {
            FileRow row = rows.get(segment.file());
            if (row == null
                    || row.liveBytes() == 0
                    || row.lastRaftIndex() >= floor
                    || !segment.sealed()
                    || damaged.contains(row.file())
                    || DeadFileCleaner.isAhead(row.file(), durable)) {
                continue;
            }
            long bytes = ShardLog.isMoved(row.file()) ? row.movedBytes() : segment.bytes();
            candidates.add(new Candidate(row.file(), bytes, row.liveBytes()));
        }
        return candidates;
    }

    private static long lastRaftIndex(List<FileRow> files, Set<Integer> chosen) {
        return files.stream()
                .filter(row -> chosen.contains(row.file()))
                .mapToLong(FileRow::lastRaftIndex)
                .max()
                .orElse(-1);
    }

    /** Copies what is sound; nothing where the pace says to give up. */
    private List<Move> copy(Rows view, List<ExtentRow> extents, MovedExtents target, Pace pace) {
        List<Move> moves = new ArrayList<>(extents.size());
        ByteBuffer buffer = ByteBuffer.allocate(0);
        for (ExtentRow extent : extents) {
            int length = extent.liveBytes();
            if (!pace.take(length)) {
                return List.of();
            }
            if (buffer.capacity() < length) {
                buffer = ByteBuffer.allocate(length);
            }
            buffer.clear().limit(length);
            try {
                if (reads.read(view, extent, buffer)) {
                    Extent copy = target.copy(extent.partition(), extent.baseOffset(), buffer.position(0));
                    moves.add(new Move(extent, copy));
                } else {
                    LOG.warn("{} is damaged: it stays where it is, and keeps its file", extent);
                    leaveAlone(Set.of(extent.file()));
                }
            } catch (StorageException e) {
                if (e.kind() != StorageException.Kind.GONE) {
                    throw e;
                }
                // Dropped since the view was taken, and all others of its file too.
            }
        }
        return moves;
    }

    private void leaveAlone(Set<Integer> files) {
        damaged.addAll(files);
        damagedFiles = damaged.size();
    }

    private void move(MovedExtents target, List<Move> moves, long lastRaftIndex) {
        try {
            for (int from = 0; from < moves.size(); from += ROWS_AT_ONCE) {
                boolean isFirst = from == 0;
                List<Move> some = moves.subList(from, Math.min(moves.size(), from + ROWS_AT_ONCE));
                changes.make(rows -> {
                    if (isFirst) {
                        FileRows.moved(rows, target.file(), target.payloadBytes(), lastRaftIndex);
                    }
                    for (Move move : some) {
                        ExtentRows.move(rows, move.seen(), move.copy());
                    }
                });
            }
        } finally {
            target.moved(); // no further row comes
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one writer at a time
    private void note(Set<Integer> chosen, MovedExtents target, List<Move> moves) {
        movedBytes += target.payloadBytes();
        filesWritten++;
        LOG.info(
                "Moved {} extents, {} bytes, out of {} mostly dead files into file {}",
                moves.size(),
                target.payloadBytes(),
                chosen.size(),
                target.file());
    }

    /** Bytes of extents moved since the start. */
    public long movedBytes() {
        return movedBytes;
    }

    /** Files of moved extents written since the start. */
    public long filesWritten() {
        return filesWritten;
    }

    /** Files that stay as they are, because an extent in them is damaged. */
    public int damagedFiles() {
        return damagedFiles;
    }
}
