package io.millrace.storage.index;

import io.millrace.storage.StorageException;
import java.nio.ByteBuffer;

/**
 * A row of FILES: what a segment file holds.
 *
 * <p>Layout, version 1. Key: file u32, big endian. Value: version byte 1, then varints: live bytes, last raft index (zigzag).
 *
 * @param file number of the segment file
 * @param liveBytes payload bytes that extents point to
 * @param lastRaftIndex highest index of the applied entries whose frames lie in the file; -1: none
 */
public record FileRow(int file, long liveBytes, long lastRaftIndex) {
    private static final int VERSION = 1;

    public FileRow {
        if (file < 0 || liveBytes < 0 || lastRaftIndex < -1) {
            throw new IllegalArgumentException(
                    "File " + file + " with " + liveBytes + " live bytes up to index " + lastRaftIndex);
        }
    }

    byte[] key() {
        return key(file);
    }

    byte[] value() {
        return new RowBytes(VERSION, 16)
                .unsigned(liveBytes)
                .signed(lastRaftIndex)
                .toArray();
    }

    /** Reads a row; CORRUPT where it cannot be one, NEWER_FORMAT where its version is not known. */
    public static FileRow of(byte[] key, byte[] value) {
        RowBytes.Reader in = new RowBytes.Reader("files", value, VERSION);
        if (key.length != Integer.BYTES) {
            throw new StorageException(StorageException.Kind.CORRUPT, "File key of " + key.length + " bytes");
        }
        long liveBytes = in.count();
        long lastRaftIndex = in.signed();
        in.end();
        try {
            return new FileRow(ByteBuffer.wrap(key).getInt(), liveBytes, lastRaftIndex);
        } catch (IllegalArgumentException e) {
            throw new StorageException(StorageException.Kind.CORRUPT, "File row that cannot be", e);
        }
    }

    static byte[] key(int file) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(file).array();
    }
}
