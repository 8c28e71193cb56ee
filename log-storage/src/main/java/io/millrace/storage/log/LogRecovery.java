package io.millrace.storage.log;

import static io.millrace.storage.StorageException.Kind.CORRUPT;

import io.millrace.storage.Extent;
import io.millrace.storage.LogPosition;
import io.millrace.storage.ShardLog;
import io.millrace.storage.ShardLog.Frame;
import io.millrace.storage.StorageException;
import io.millrace.storage.file.FileOps;
import io.millrace.storage.file.LogFile;
import io.millrace.storage.log.Tail.TailStart;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the files of a log after a stop of any kind. Its steps, in order:
 *
 * <ol>
 *   <li>list the files, and those whose deletion was cut short;
 *   <li>refuse a log that misses files; where a file ends before the last applied frame, go on behind it in a new one: its readers are told
 *       what is damaged, everybody else is served;
 *   <li>scan the frames behind the last applied one; earlier bytes are trusted and not read;
 *   <li>at the first invalid frame, tell a torn flush from damage: a torn one is cut off, damage is refused;
 *   <li>force what was found: a stopped process may have left it written but not durable.
 * </ol>
 *
 * Torn or damaged: a flush begins only after the one before was forced, and a file is made only after the one before it was forced for the last
 * time. So an invalid frame was acknowledged, and is damage, where a later file exists or where a frame behind it belongs to a flush that
 * began behind it. In all other cases it belongs to the last flush: nobody can tell whether that one had returned, so it is cut off, and
 * the Raft log, which knows what must be there, is compared with what is left.
 *
 * <p>Used once, by one thread.
 */
final class LogRecovery {
    private static final Logger LOG = LoggerFactory.getLogger(LogRecovery.class);

    private final Path directory;
    private final FileOps fileOps;
    private final LogPosition from;
    private final TreeMap<Integer, Integer> sizes = new TreeMap<>();
    private final TreeMap<Integer, Integer> moved = new TreeMap<>();
    private final List<Integer> orphans = new ArrayList<>();
    private final List<String> deletions = new ArrayList<>();
    private int lastMoved = ShardLog.FIRST_MOVED_FILE - 1;
    private final FrameTable table = new FrameTable();
    private final ByteBuffer window = FrameScanner.window();

    private int frames;
    private long scannedBytes;
    private long cutBytes;
    private @Nullable String cutReason;
    private int removedFiles;
    private boolean appliedCutShort;
    private LogPosition end;

    LogRecovery(Path directory, FileOps fileOps, LogPosition appliedEnd) {
        this.directory = directory;
        this.fileOps = fileOps;
        this.from = appliedEnd;
        this.end = appliedEnd;
    }

    /**
     * What was found.
     *
     * @param active the file that goes on, opened for writing; null where the next flush makes one
     * @param sizes bytes of each file
     * @param lastMoved the highest number of a file of moved extents of which a trace is left
     * @param orphans files of moved extents that no row points to
     * @param deletions names of files to delete
     * @param damaged frames that were applied are lost
     */
    record Recovered(
            TailStart start,
            @Nullable LogFile active,
            FrameTable frames,
            TreeMap<Integer, Integer> sizes,
            int lastMoved,
            List<Integer> orphans,
            List<String> deletions,
            boolean damaged,
            RecoveryReport report) {}

    /** @param liveFiles files that must be there; a file of moved extents that is not one of them is removed. Null: not known */
    Recovered run(@Nullable Set<Integer> liveFiles) throws IOException {
        listFiles();
        if (liveFiles != null) {
            checkLive(liveFiles);
        }
        checkFiles();
        Scanned last = scanFiles();
        sizes.putAll(moved);
        fileOps.forceDirectory(directory);
        var report = new RecoveryReport(
                from, end, frames, scannedBytes, cutBytes, cutReason, removedFiles + orphans.size(), deletions.size());
        if (cutReason != null) {
            LOG.warn("{}: cut the end of a flush that did not return: {}", directory, report);
        } else {
            LOG.info("{}: {}", directory, report);
        }
        return new Recovered(
                last.start, last.active, table, sizes, lastMoved, orphans, deletions, appliedCutShort, report);
    }

    private void listFiles() throws IOException {
        fileOps.createDirectories(directory);
        for (String name : fileOps.list(directory)) {
            boolean isDeleted = name.endsWith(SegmentName.SUFFIX + SegmentName.DELETED);
            OptionalInt number = SegmentName.parse(
                    isDeleted ? name.substring(0, name.length() - SegmentName.DELETED.length()) : name);
            if (number.isPresent() && ShardLog.isMoved(number.getAsInt())) {
                lastMoved = Math.max(lastMoved, number.getAsInt());
            }
            if (isDeleted) {
                deletions.add(name);
            } else if (number.isPresent()) {
                (ShardLog.isMoved(number.getAsInt()) ? moved : sizes).put(number.getAsInt(), size(name));
            } else {
                LOG.warn("{} holds a file that is not the log's: {}", directory, name);
            }
        }
    }

    private int size(String name) throws IOException {
        try (LogFile file = fileOps.open(directory.resolve(name), FileOps.Access.READ)) {
            long bytes = file.size();
            if (bytes > Integer.MAX_VALUE) {
                throw corrupt(name + " has " + bytes + " bytes, more than a segment can have");
            }
            return (int) bytes;
        }
    }

    private void checkLive(Set<Integer> liveFiles) {
        for (int file : liveFiles) {
            if (!sizes.containsKey(file) && !moved.containsKey(file)) {
                throw corrupt(SegmentName.of(file) + " is missing, which holds live frames");
            }
        }
        // Their rows were never moved to them, or are all dead: their bytes are dead or stand elsewhere too.
        moved.keySet().stream().filter(file -> !liveFiles.contains(file)).forEach(orphans::add);
        moved.keySet().removeAll(orphans);
    }

    private void checkFiles() {
        Integer size = sizes.get(from.file());
        if (size == null && !from.equals(LogPosition.START)) {
            throw corrupt(SegmentName.of(from.file()) + " is missing, which holds the last applied frame");
        }
        if (size != null && size < from.position()) {
            appliedCutShort = true;
            LOG.error(
                    "{}: {} has {} bytes, but the last applied frame ends at {}: records that stood behind are lost on this replica,"
                            + " and reading them answers CORRUPT; new records go to a new file",
                    directory,
                    SegmentName.of(from.file()),
                    size,
                    from.position());
        }
        if (from.position() % FrameHeader.ALIGNMENT != 0) {
            throw corrupt("no frame ends at " + from);
        }
        int expected = from.file();
        for (int file : sizes.tailMap(from.file(), true).keySet()) {
            if (file != expected) {
                throw corrupt(SegmentName.of(expected) + " is missing between others");
            }
            expected++;
        }
    }

    /** Where the scan ended, and the file that goes on, if one does. */
    private record Scanned(TailStart start, @Nullable LogFile active) {}

    private Scanned scanFiles() throws IOException {
        if (sizes.isEmpty()) {
            return new Scanned(new TailStart(0, 0, -1, LogPosition.START), null);
        }
        int last = sizes.lastKey();
        int first = from.file();
        if (appliedCutShort) {
            first++;
            if (first > last) {
                return new Scanned(new TailStart(first, 0, sizes.getOrDefault(last, -1), end), null);
            }
        }
        for (int file = first; ; file++) {
            LogFile opened = fileOps.open(directory.resolve(SegmentName.of(file)), FileOps.Access.WRITE);
            boolean goesOn = false;
            try {
                Walk walk = walk(opened, file, file < last);
                scannedBytes += walk.scannedBytes;
                if (walk.headerTorn) {
                    fileOps.delete(directory.resolve(SegmentName.of(file)));
                    sizes.remove(file);
                    removedFiles++;
                    return new Scanned(new TailStart(file, 0, sizes.getOrDefault(file - 1, -1), end), null);
                }
                opened.force(true);
                sizes.put(file, walk.end);
                if (file < last) {
                    continue;
                }
                goesOn = !walk.sealed && walk.end % FileOps.ALIGNMENT == 0;
                return goesOn
                        ? new Scanned(new TailStart(file, walk.end, -1, end), opened)
                        : new Scanned(new TailStart(file + 1, 0, walk.end, end), null);
            } finally {
                if (!goesOn) {
                    opened.close();
                }
            }
        }
    }

    /** What a file holds: valid frames up to {@code end}. */
    private record Walk(int end, boolean sealed, boolean headerTorn, long scannedBytes) {}

    private Walk walk(LogFile opened, int file, boolean fileFollows) throws IOException {
        FrameScanner scanner = new FrameScanner(opened, file, window);
        SegmentHeader header = scanner.fileHeader();
        boolean first = file == from.file() && from.position() > 0;
        if (header == null) {
            if (first) {
                throw corrupt(SegmentName.of(file) + " has no valid file header");
            }
            refuseDamage(scanner, file, 0, "no valid file header", fileFollows);
            cutReason = "no valid file header";
            cutBytes = scanner.size();
            return new Walk(0, false, true, 0);
        }
        if (!first) {
            checkPrevious(file, header);
        }
        int position = Math.max(first ? from.position() : 0, SegmentHeader.BYTES);
        boolean sealed = false;
        while (true) {
            FrameScanner.Finding finding = scanner.at(position);
            if (finding instanceof FrameScanner.End) {
                return new Walk(position, sealed, false, scanner.scannedBytes());
            }
            if (finding instanceof FrameScanner.Valid valid && !sealed) {
                take(valid.header());
                sealed = valid.header().kind() == FrameHeader.Kind.FOOTER;
                position = valid.header().end();
                continue;
            }
            String reason =
                    finding instanceof FrameScanner.Invalid invalid ? invalid.reason() : "bytes behind the footer";
            refuseDamage(scanner, file, position, reason, fileFollows);
            cutReason = reason;
            cutBytes = scanner.size() - position;
            opened.truncate(position);
            return new Walk(position, sealed, false, scanner.scannedBytes());
        }
    }

    /** The file before this one was complete when this one was made, and says how long it was. */
    private void checkPrevious(int file, SegmentHeader header) {
        int previous = sizes.getOrDefault(file - 1, -1);
        boolean known = appliedCutShort ? file > from.file() + 1 : file > from.file();
        if (known && previous != header.previousBytes()) {
            throw corrupt(SegmentName.of(file - 1) + " has " + previous + " bytes; it had " + header.previousBytes()
                    + " when the next file was made");
        }
    }

    private void take(FrameHeader header) {
        if (header.kind() != FrameHeader.Kind.DATA) {
            return;
        }
        frames++;
        end = new LogPosition(header.file(), header.end());
        Extent payload = new Extent(header.file(), header.position() + FrameHeader.BYTES, header.payloadBytes());
        table.recover(new Frame(header.term(), header.raftIndex(), payload, header.payloadCrc(), end));
    }

    private void refuseDamage(FrameScanner scanner, int file, int position, String reason, boolean fileFollows)
            throws IOException {
        String what = SegmentName.of(file) + " at " + position + ": " + reason;
        if (fileFollows) {
            throw corrupt(what + "; it was durable, for a later file exists");
        }
        for (int at = scanner.nextHeader(position); at >= 0; at = scanner.nextHeader(at + FrameHeader.ALIGNMENT)) {
            FrameHeader later = scanner.header(at);
            if (later != null && later.flushStart() > position) {
                throw corrupt(what + "; it was durable, for a later flush began at " + later.flushStart());
            }
        }
    }

    private StorageException corrupt(String what) {
        return new StorageException(CORRUPT, directory + ": " + what);
    }
}
