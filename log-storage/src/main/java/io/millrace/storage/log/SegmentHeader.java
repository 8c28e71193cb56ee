package io.millrace.storage.log;

import static io.millrace.storage.StorageException.Kind.NEWER_FORMAT;

import io.millrace.storage.ShardLog;
import io.millrace.storage.StorageException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The first block of a segment file, format version 1, or 2 for a file of moved extents. All numbers are big endian.
 *
 * <pre>
 *  0  8  magic "MLRSEGMT"
 *  8  4  format version
 * 12  4  number of this file
 * 16  4  bytes of the file before it, as it was when this one was made; -1: there is none
 * 20 40  zero
 * 60  4  CRC-32C of bytes 0-59
 * 64     zero up to 4,096
 * </pre>
 *
 * Magic, version and CRC keep their places in every later version. A file is made after the one before it was forced for the last time, so a
 * valid header says that the file before is complete and how long it is.
 *
 * <p>A file of moved extents is told by its number too; the version makes an older reader refuse it. It has no file before it.
 *
 * @param file number of the file
 * @param previousBytes length of the file before it; -1 where there is none
 */
record SegmentHeader(int file, int previousBytes) {
    static final int BYTES = 4096;
    private static final int CRC_AT = 60;
    private static final long MAGIC = 0x4D4C_5253_4547_4D54L;
    private static final int VERSION = 1;
    private static final int MOVED_VERSION = 2;

    /** Writes this header into a whole block. */
    void put(ByteBuffer target, int at) {
        for (int i = 0; i < BYTES; i += Long.BYTES) {
            target.putLong(at + i, 0);
        }
        target.putLong(at, MAGIC);
        target.putInt(at + 8, ShardLog.isMoved(file) ? MOVED_VERSION : VERSION);
        target.putInt(at + 12, file);
        target.putInt(at + 16, previousBytes);
        target.putInt(at + CRC_AT, crc(target, at));
    }

    /**
     * The header that stands at a place, or null where there is no valid one.
     *
     * @throws StorageException NEWER_FORMAT
     */
    static @Nullable SegmentHeader parse(ByteBuffer source, int at) {
        if (source.limit() - at < CRC_AT + 4
                || source.getLong(at) != MAGIC
                || source.getInt(at + CRC_AT) != crc(source, at)) {
            return null;
        }
        int version = source.getInt(at + 8);
        if (version > MOVED_VERSION) {
            throw new StorageException(
                    NEWER_FORMAT,
                    "Segment format " + version + " is newer than " + MOVED_VERSION + ", the newest known");
        }
        return new SegmentHeader(source.getInt(at + 12), source.getInt(at + 16));
    }

    private static int crc(ByteBuffer buffer, int at) {
        CRC32C crc = new CRC32C();
        crc.update(buffer.slice(at, CRC_AT));
        return (int) crc.getValue();
    }
}
