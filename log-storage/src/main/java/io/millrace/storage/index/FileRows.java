package io.millrace.storage.index;

import io.millrace.storage.Family;
import io.millrace.storage.Rows;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The FILES of a shard: live bytes of each segment file, kept by {@link ExtentRows}. Pure functions over {@link Rows}. */
public final class FileRows {
    private static final byte[] ABOVE_ALL = {-1, -1, -1, -1, -1};

    private FileRows() {}

    /**
     * Says that the frame of an applied entry lies in the file, whether or not any of its bytes is live. Without it a file whose entries
     * left no extent could be deleted while the Raft log still holds them, and a follower that lags could not pull them.
     */
    public static void touch(Rows rows, int file, long raftIndex) {
        add(rows, file, 0, raftIndex);
    }

    public static @Nullable FileRow get(Rows rows, int file) {
        byte[] key = FileRow.key(file);
        byte[] value = rows.get(Family.FILES, key);
        return value == null ? null : FileRow.of(key, value);
    }

    /** All rows, by file. */
    public static List<FileRow> all(Rows rows) {
        List<FileRow> all = new ArrayList<>();
        rows.scan(Family.FILES, new byte[0], ABOVE_ALL, (key, value) -> all.add(FileRow.of(key, value)));
        return all;
    }

    /** Live bytes of the files that have any. */
    static Map<Integer, Long> live(Rows rows) {
        return all(rows).stream()
                .filter(row -> row.liveBytes() > 0)
                .collect(Collectors.toMap(FileRow::file, FileRow::liveBytes));
    }

    static void add(Rows rows, int file, long bytes, long raftIndex) {
        FileRow row = get(rows, file);
        put(
                rows,
                row == null
                        ? new FileRow(file, bytes, raftIndex)
                        : new FileRow(
                                file,
                                row.liveBytes() + bytes,
                                Math.max(row.lastRaftIndex(), raftIndex),
                                row.movedBytes()));
    }

    static void subtract(Rows rows, int file, long bytes) {
        FileRow row = get(rows, file);
        if (row == null || row.liveBytes() < bytes) {
            throw new IllegalStateException("File " + file + " loses " + bytes + " live bytes, but is " + row);
        }
        put(rows, row.withLive(row.liveBytes() - bytes));
    }

    /**
     * A file of moved extents is there, and no row points to it yet.
     *
     * @param movedBytes of the extents that were copied into it
     * @param lastRaftIndex of the files that they came from
     */
    public static void moved(Rows rows, int file, long movedBytes, long lastRaftIndex) {
        if (get(rows, file) != null) {
            throw new IllegalStateException("File " + file + " has a row before anything was moved there");
        }
        put(rows, new FileRow(file, 0, lastRaftIndex, movedBytes));
    }

    /** Forgets a file that is deleted. */
    public static void remove(Rows rows, int file) {
        rows.delete(Family.FILES, FileRow.key(file));
    }

    private static void put(Rows rows, FileRow row) {
        rows.put(Family.FILES, row.key(), row.value());
    }
}
