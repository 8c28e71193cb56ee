package io.millrace.storage.clean;

import io.millrace.storage.Extent;
import io.millrace.storage.PartitionIndex;
import io.millrace.storage.ShardLog;
import io.millrace.storage.ShardLog.MovedExtents;
import io.millrace.storage.StorageException;
import io.millrace.storage.index.ExtentRow;
import io.millrace.storage.index.ExtentRows;
import io.millrace.storage.index.FileRow;
import io.millrace.storage.index.FileRows;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Gives damaged extents sound bytes, which came from elsewhere: they are written to a new file of moved extents, which is made durable, then the rows are pointed to it, each only if it still
 * points to where the damage was seen. A crash before the index has made that durable leaves the rows as they were. The damaged bytes are dead from then on.
 *
 * <p>Any thread; may run beside a {@link Rewriter}.
 */
public final class Refill {
    private final ShardLog log;
    private final PartitionIndex index;
    private final RowChanges changes;

    public Refill(ShardLog log, PartitionIndex index, RowChanges changes) {
        this.log = log;
        this.index = index;
        this.changes = changes;
    }

    /**
     * An extent, and all its bytes.
     *
     * @param seen as its row was when the bytes were judged
     */
    public record Part(ExtentRow seen, ByteBuffer bytes) {}

    /**
     * One file for all parts: few, as they are moved in one transaction.
     *
     * @return the rows that were moved, as they were before; others had changed meanwhile
     * @throws StorageException IO or FULL where the file could not be written: nothing has changed
     */
    public List<ExtentRow> write(List<Part> parts) {
        if (parts.isEmpty()) {
            return List.of();
        }
        List<FileRow> files;
        try (PartitionIndex.View view = index.view()) {
            files = FileRows.all(view);
        }
        int highest = files.isEmpty() ? 0 : files.get(files.size() - 1).file();
        try (MovedExtents target = log.moveTo(highest)) {
            List<Extent> copies = new ArrayList<>(parts.size());
            for (Part part : parts) {
                copies.add(target.copy(
                        part.seen().partition(),
                        part.seen().baseOffset(),
                        part.bytes().duplicate()));
            }
            target.seal();
            try {
                return move(target, parts, copies, lastRaftIndex(files, parts));
            } finally {
                target.moved(); // no further row comes
            }
        }
    }

    private List<ExtentRow> move(MovedExtents target, List<Part> parts, List<Extent> copies, long lastRaftIndex) {
        List<ExtentRow> moved = new ArrayList<>();
        changes.make(rows -> {
            FileRows.moved(rows, target.file(), target.payloadBytes(), lastRaftIndex);
            for (int i = 0; i < parts.size(); i++) {
                if (ExtentRows.move(rows, parts.get(i).seen(), copies.get(i))) {
                    moved.add(parts.get(i).seen());
                }
            }
        });
        return moved;
    }

    private static long lastRaftIndex(List<FileRow> files, List<Part> parts) {
        return files.stream()
                .filter(row -> parts.stream().anyMatch(part -> part.seen().file() == row.file()))
                .mapToLong(FileRow::lastRaftIndex)
                .max()
                .orElse(-1);
    }
}
