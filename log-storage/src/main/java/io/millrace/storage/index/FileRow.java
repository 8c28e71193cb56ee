package io.millrace.storage.index;

import io.millrace.storage.ShardLog;
import io.millrace.storage.StorageException;
import java.nio.ByteBuffer;

/**
 * A row of FILES: what a segment file holds.
 *
 * <p>Layout. Key: file u32, big endian. Value: version byte, then varints: live bytes, last raft index (zigzag), and in version 2 payload
 * bytes. Version 1 is an ordinary file, version 2 one of moved extents: a program that does not know such files refuses the index.
 *
 * @param file number of the segment file
 * @param liveBytes payload bytes that extents point to
 * @param lastRaftIndex highest index of the applied entries whose frames lie in the file, or lay in the files that its extents came from; -1:
 *     none
 * @param movedBytes of a file of moved extents: bytes of the extents that were copied into it; 0 for an ordinary file
 */
public record FileRow(int file, long liveBytes, long lastRaftIndex, long movedBytes) {
    private static final int VERSION = 1;
    private static final int MOVED_VERSION = 2;

    public FileRow {
        if (file < 0
                || liveBytes < 0
                || lastRaftIndex < -1
                || movedBytes < 0
                || (movedBytes > 0 && liveBytes > movedBytes)
                || movedBytes > 0 != ShardLog.isMoved(file)) {
            throw new IllegalArgumentException("File " + file + " with " + liveBytes + " live bytes up to index "
                    + lastRaftIndex + ", " + movedBytes + " moved there");
        }
    }

    /** Of an ordinary file. */
    public FileRow(int file, long liveBytes, long lastRaftIndex) {
        this(file, liveBytes, lastRaftIndex, 0);
    }

    FileRow withLive(long newLiveBytes) {
        return new FileRow(file, newLiveBytes, lastRaftIndex, movedBytes);
    }

    byte[] key() {
        return key(file);
    }

    byte[] value() {
        RowBytes value = new RowBytes(movedBytes > 0 ? MOVED_VERSION : VERSION, 24)
                .unsigned(liveBytes)
                .signed(lastRaftIndex);
        return movedBytes > 0 ? value.unsigned(movedBytes).toArray() : value.toArray();
    }

    /** Reads a row; CORRUPT where it cannot be one, NEWER_FORMAT where its version is not known. */
    public static FileRow of(byte[] key, byte[] value) {
        RowBytes.Reader in = new RowBytes.Reader("files", value, MOVED_VERSION);
        if (key.length != Integer.BYTES) {
            throw new StorageException(StorageException.Kind.CORRUPT, "File key of " + key.length + " bytes");
        }
        long liveBytes = in.count();
        long lastRaftIndex = in.signed();
        long movedBytes = in.version() == MOVED_VERSION ? in.count() : 0;
        in.end();
        try {
            return new FileRow(ByteBuffer.wrap(key).getInt(), liveBytes, lastRaftIndex, movedBytes);
        } catch (IllegalArgumentException e) {
            throw new StorageException(StorageException.Kind.CORRUPT, "File row that cannot be", e);
        }
    }

    static byte[] key(int file) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(file).array();
    }
}
