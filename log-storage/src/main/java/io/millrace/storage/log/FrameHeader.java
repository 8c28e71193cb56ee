package io.millrace.storage.log;

import static io.millrace.storage.StorageException.Kind.NEWER_FORMAT;

import io.millrace.storage.StorageException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The 64 bytes before the payload of a frame, format version 1. All numbers are big endian.
 *
 * <pre>
 *  0  4  magic "MLFR"
 *  4  1  format version
 *  5  1  kind: 0 data, 1 padding, 2 footer, 3 moved
 *  6  2  flags, zero
 *  8  8  term; of a moved extent: handle of its partition
 * 16  8  Raft index; of a moved extent: its base offset
 * 24  4  bytes of the payload
 * 28  4  CRC-32C of the payload
 * 32  4  number of the file
 * 36  4  position of this header in the file
 * 40  4  position in the file where the flush of this frame begins; 0: it is the first of the file
 * 44 16  zero
 * 60  4  CRC-32C of bytes 0-59
 * </pre>
 *
 * A frame takes a multiple of 64 bytes: zeros follow the payload, so a header never crosses a sector and padding always has room for one. Each
 * flush ends with a padding frame where it would not end at 4,096 bytes; its payload is zeros.
 *
 * <p>The place in the header tells a frame from one that was written elsewhere. {@code flushStart} tells a torn flush from damage: a flush
 * begins only after the one before it was forced, so where a frame is valid, everything before its {@code flushStart} was acknowledged.
 */
record FrameHeader(
        Kind kind,
        long term,
        long raftIndex,
        int payloadBytes,
        int payloadCrc,
        int file,
        int position,
        int flushStart) {
    static final int BYTES = 64;
    static final int ALIGNMENT = 64;
    private static final int CRC_AT = 60;
    private static final int MAGIC = 0x4D4C_4652;
    private static final byte VERSION = 1;

    /** What a frame is for. */
    enum Kind {
        /** The payload of a Raft entry. */
        DATA(0),
        /** Fills the last block of a flush. */
        PADDING(1),
        /** The last frame of a sealed file; see {@link SegmentFooter}. */
        FOOTER(2),
        /** An extent that was copied here from a file that was mostly dead; only in files of such. */
        MOVED(3);

        private final int number;

        Kind(int number) {
            this.number = number;
        }

        static @Nullable Kind of(int number) {
            return switch (number) {
                case 0 -> DATA;
                case 1 -> PADDING;
                case 2 -> FOOTER;
                case 3 -> MOVED;
                default -> null;
            };
        }
    }

    /** The bytes that a frame takes in the file. */
    static int frameBytes(int payloadBytes) {
        return BYTES + ((payloadBytes + ALIGNMENT - 1) & -ALIGNMENT);
    }

    /** The first byte after the frame and its zeros. */
    int end() {
        return position + frameBytes(payloadBytes);
    }

    void put(ByteBuffer target, int at) {
        target.putInt(at, MAGIC);
        target.put(at + 4, VERSION);
        target.put(at + 5, (byte) kind.number);
        target.putShort(at + 6, (short) 0);
        target.putLong(at + 8, term);
        target.putLong(at + 16, raftIndex);
        target.putInt(at + 24, payloadBytes);
        target.putInt(at + 28, payloadCrc);
        target.putInt(at + 32, file);
        target.putInt(at + 36, position);
        target.putInt(at + 40, flushStart);
        target.putInt(at + 44, 0);
        target.putLong(at + 48, 0);
        target.putInt(at + 56, 0);
        target.putInt(at + CRC_AT, crc(target, at));
    }

    /**
     * The header that stands at a place of a buffer, or null where there is no valid one. Whether it stands at the right place of the right
     * file is for the caller to compare.
     *
     * @throws StorageException NEWER_FORMAT
     */
    static @Nullable FrameHeader parse(ByteBuffer source, int at) {
        if (source.getInt(at) != MAGIC || source.getInt(at + CRC_AT) != crc(source, at)) {
            return null;
        }
        int version = source.get(at + 4);
        int kindNumber = source.get(at + 5);
        Kind kind = Kind.of(kindNumber);
        int flags = source.getShort(at + 6);
        if (version > VERSION || kind == null || flags != 0) {
            throw new StorageException(
                    NEWER_FORMAT,
                    "Frame of format " + version + ", kind " + kindNumber + ", flags " + flags + " is newer than "
                            + VERSION);
        }
        int payloadBytes = source.getInt(at + 24);
        if (payloadBytes < 0 || payloadBytes > LogConfig.MAX_PAYLOAD_BYTES) {
            return null;
        }
        return new FrameHeader(
                kind,
                source.getLong(at + 8),
                source.getLong(at + 16),
                payloadBytes,
                source.getInt(at + 28),
                source.getInt(at + 32),
                source.getInt(at + 36),
                source.getInt(at + 40));
    }

    private static int crc(ByteBuffer buffer, int at) {
        CRC32C crc = new CRC32C();
        crc.update(buffer.slice(at, CRC_AT));
        return (int) crc.getValue();
    }
}
