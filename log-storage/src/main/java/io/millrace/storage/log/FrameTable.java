package io.millrace.storage.log;

import io.millrace.storage.ShardLog.Frame;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Where the frames stand that are not yet applied, by Raft index. Pure; not thread safe.
 *
 * <p>After a crash the files may hold several frames of one index: those that Raft had truncated are still there, and the truncation itself may
 * be lost. Therefore a recovered frame does not replace one of another term; the Raft log decides which of them it asks for.
 */
final class FrameTable {
    private final TreeMap<Long, Frame> frames = new TreeMap<>();
    private final TreeMap<Long, List<Frame>> superseded = new TreeMap<>();
    private long lastAppended = -1;

    /** Adds a frame found in a file; those of the same run come in the order of their places. */
    void recover(Frame frame) {
        // Everything from this index on was truncated before this frame was appended, as far as the file tells.
        var replaced = frames.tailMap(frame.raftIndex(), true);
        for (Frame old : replaced.values()) {
            superseded
                    .computeIfAbsent(old.raftIndex(), index -> new ArrayList<>())
                    .add(old);
        }
        replaced.clear();
        frames.put(frame.raftIndex(), frame);
    }

    void checkNext(long raftIndex) {
        if (raftIndex <= lastAppended) {
            throw new IllegalArgumentException("index " + raftIndex + " is not above " + lastAppended);
        }
    }

    /** Adds an appended frame. What was recovered from its index on is not in the Raft log any more. */
    void append(Frame frame) {
        checkNext(frame.raftIndex());
        drop(frame.raftIndex());
        frames.put(frame.raftIndex(), frame);
        lastAppended = frame.raftIndex();
    }

    void forget(long raftIndex) {
        drop(raftIndex);
        lastAppended = Math.min(lastAppended, raftIndex - 1);
    }

    private void drop(long raftIndex) {
        frames.tailMap(raftIndex, true).clear();
        superseded.tailMap(raftIndex, true).clear();
    }

    void applied(long raftIndex) {
        frames.headMap(raftIndex, true).clear();
        superseded.headMap(raftIndex, true).clear();
    }

    @Nullable
    Frame find(long term, long raftIndex) {
        Frame frame = frames.get(raftIndex);
        if (frame != null && frame.term() == term) {
            return frame;
        }
        List<Frame> older = superseded.getOrDefault(raftIndex, List.of());
        for (int i = older.size() - 1; i >= 0; i--) {
            if (older.get(i).term() == term) {
                return older.get(i);
            }
        }
        return null;
    }

    /** Whether a frame that is not yet applied stands in a file. Superseded ones do not count: they lie before frames that are applied. */
    boolean holdsFrameOf(int file) {
        return frames.values().stream().anyMatch(frame -> frame.payload().file() == file);
    }

    /** The file is deleted. */
    void dropFile(int file) {
        superseded
                .values()
                .forEach(list -> list.removeIf(frame -> frame.payload().file() == file));
    }
}
