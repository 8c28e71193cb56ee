package io.millrace.storage.log;

import io.millrace.storage.file.FileOps;
import io.millrace.storage.file.LogFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Walks over the frames of one segment file and judges each of them, payload included. Not thread safe.
 *
 * <p>Reads in aligned blocks, so that a file opened for writing is read from the device and not from a page cache that a failed force may
 * have left wrong.
 */
final class FrameScanner {
    private static final int WINDOW_BYTES = 1 << 20;

    private final LogFile file;
    private final int number;
    private final long size;
    private final ByteBuffer window;
    private long windowStart;
    private long scannedBytes;

    /** @param window from {@link #window}, for one scanner at a time */
    FrameScanner(LogFile file, int number, ByteBuffer window) throws IOException {
        this.file = file;
        this.number = number;
        this.size = file.size();
        this.window = window;
        window.limit(0);
    }

    /** Memory for a scanner; may be used again for the next one. */
    static ByteBuffer window() {
        return FileOps.alignedBuffer(WINDOW_BYTES);
    }

    /** What stands at a place. */
    sealed interface Finding {}

    /** A valid frame. {@code footer} is there in the frame that has one. */
    record Valid(FrameHeader header, @Nullable SegmentFooter footer) implements Finding {}

    /** The file ends here, as it should. */
    record End() implements Finding {}

    /** No valid frame. */
    record Invalid(String reason) implements Finding {}

    long size() {
        return size;
    }

    /** Bytes judged so far. */
    long scannedBytes() {
        return scannedBytes;
    }

    /** The header of the file; null where there is no valid one or it is another file's. */
    @Nullable
    SegmentHeader fileHeader() throws IOException {
        if (!load(0, SegmentHeader.BYTES)) {
            return null;
        }
        SegmentHeader header = SegmentHeader.parse(window, (int) -windowStart);
        return header != null && header.file() == number ? header : null;
    }

    /** Judges what stands at a place, a multiple of 64. */
    Finding at(int position) throws IOException {
        if (position == size) {
            return new End();
        }
        if (position > size - FrameHeader.BYTES) {
            return new Invalid("the file ends within a frame header");
        }
        FrameHeader header = header(position);
        if (header == null) {
            return new Invalid("no valid frame header of this place");
        }
        if (header.end() > size) {
            return new Invalid("the file ends within a payload of " + header.payloadBytes() + " bytes");
        }
        if (crc(position + FrameHeader.BYTES, header.payloadBytes()) != header.payloadCrc()) {
            return new Invalid("checksum of the payload of term " + header.term() + ", index " + header.raftIndex());
        }
        if (!zeros(position + FrameHeader.BYTES + header.payloadBytes(), header.end())) {
            return new Invalid("bytes other than zeros behind a payload");
        }
        scannedBytes += header.end() - position;
        SegmentFooter footer = null;
        if (header.kind() == FrameHeader.Kind.FOOTER) {
            if (!load(position, FrameHeader.BYTES + 16)) {
                return new Invalid("the file ends within a footer");
            }
            footer = SegmentFooter.parse(window, (int) (position - windowStart) + FrameHeader.BYTES);
        }
        return new Valid(header, footer);
    }

    /** The first place from {@code position} on where a valid header stands; -1 where there is none. The payload is not judged. */
    int nextHeader(int position) throws IOException {
        for (long at = position; at <= size - FrameHeader.BYTES; at += FrameHeader.ALIGNMENT) {
            if (header((int) at) != null) {
                return (int) at;
            }
        }
        return -1;
    }

    /** The header that stands at a place, if it was written for it. */
    @Nullable
    FrameHeader header(int position) throws IOException {
        if (!load(position, FrameHeader.BYTES)) {
            return null;
        }
        FrameHeader header = FrameHeader.parse(window, (int) (position - windowStart));
        boolean here = header != null
                && header.file() == number
                && header.position() == position
                && header.flushStart() <= position;
        return here ? header : null;
    }

    private int crc(int from, int bytes) throws IOException {
        CRC32C crc = new CRC32C();
        int at = from;
        int left = bytes;
        while (left > 0 && load(at, 1)) {
            int inWindow = (int) (at - windowStart);
            int count = Math.min(left, window.limit() - inWindow);
            crc.update(window.slice(inWindow, count));
            at += count;
            left -= count;
        }
        return (int) crc.getValue();
    }

    /** Fewer than 64 bytes. */
    private boolean zeros(int from, int to) throws IOException {
        for (int at = from; at < to; at++) {
            if (!load(at, 1) || window.get((int) (at - windowStart)) != 0) {
                return false;
            }
        }
        return true;
    }

    /** Makes some bytes stand in the window, fewer than it holds. False where the file ends before. */
    private boolean load(int position, int bytes) throws IOException {
        if (position >= windowStart && position + bytes <= windowStart + window.limit()) {
            return true;
        }
        if (position + (long) bytes > size) {
            return false;
        }
        windowStart = position & -(long) FileOps.ALIGNMENT;
        window.clear();
        file.read(window, windowStart);
        window.flip();
        return position + bytes <= windowStart + window.limit();
    }
}
