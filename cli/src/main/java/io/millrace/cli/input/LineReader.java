package io.millrace.cli.input;

import java.io.IOException;
import java.io.InputStream;

/**
 * Reads a stream line by line without copying: after {@link #next} the line stands in {@link #buffer} until the next call. A line ends with {@code \n} or
 * {@code \r\n}, the last one may end with the stream. Memory is bounded: a line above the limit is read to its end, but only its number and length are kept. Not thread safe.
 */
public final class LineReader {
    private static final int FIRST_BUFFER_BYTES = 64 << 10;

    private final InputStream in;
    private final int maxLineBytes;
    private byte[] buffer;
    private int readable;
    private int next;
    private int start;
    private int length;
    private long lineNumber;
    private boolean tooLong;
    private boolean ended;

    public LineReader(InputStream in, int maxLineBytes) {
        if (maxLineBytes < 1 || maxLineBytes > Integer.MAX_VALUE - 16) {
            throw new IllegalArgumentException("maxLineBytes must be between 1 and 2^31 - 17, not " + maxLineBytes);
        }
        this.in = in;
        this.maxLineBytes = maxLineBytes;
        this.buffer = new byte[Math.min(FIRST_BUFFER_BYTES, maxLineBytes + 2)];
    }

    /** Goes to the next line; {@code false} at the end of the stream. */
    public boolean next() throws IOException {
        tooLong = false;
        start = next;
        int scanned = next;
        while (true) {
            for (int at = scanned; at < readable; at++) {
                if (buffer[at] == '\n') {
                    finish(at, at + 1);
                    return true;
                }
            }
            scanned = readable;
            if (ended) {
                if (readable == start) {
                    return false;
                }
                finish(readable, readable);
                return true;
            }
            if (readable - start >= maxLineBytes + 2) {
                skipRest();
                return true;
            }
            int before = start;
            makeRoom();
            scanned -= before - start;
            fill();
        }
    }

    private void finish(int end, int following) {
        length = end - start;
        if (length > 0 && following > end && buffer[end - 1] == '\r') {
            length--;
        }
        next = following;
        lineNumber++;
        if (lineNumber == 1 && length >= 3 && isByteOrderMark(start)) {
            start += 3;
            length -= 3;
        }
        tooLong = length > maxLineBytes;
    }

    private boolean isByteOrderMark(int at) {
        return buffer[at] == (byte) 0xEF && buffer[at + 1] == (byte) 0xBB && buffer[at + 2] == (byte) 0xBF;
    }

    /** Leaves a line that is too long behind, without keeping it. */
    private void skipRest() throws IOException {
        lineNumber++;
        tooLong = true;
        length = 0;
        while (true) {
            next = 0;
            readable = 0;
            start = 0;
            fill();
            for (int at = 0; at < readable; at++) {
                if (buffer[at] == '\n') {
                    next = at + 1;
                    return;
                }
            }
            if (ended) {
                next = readable;
                return;
            }
        }
    }

    private void makeRoom() {
        if (start > 0) {
            System.arraycopy(buffer, start, buffer, 0, readable - start);
            readable -= start;
            start = 0;
        }
        if (readable == buffer.length) {
            int limit = maxLineBytes + 2;
            byte[] larger = new byte[(int) Math.min(limit, buffer.length * 2L)];
            System.arraycopy(buffer, 0, larger, 0, readable);
            buffer = larger;
        }
    }

    private void fill() throws IOException {
        int count = in.read(buffer, readable, buffer.length - readable);
        if (count < 0) {
            ended = true;
        } else {
            readable += count;
        }
    }

    /** Holds the line between {@link #start} and {@code start + length}; must not be changed. */
    public byte[] buffer() {
        return buffer;
    }

    public int start() {
        return start;
    }

    /** Without the line's end. */
    public int length() {
        return length;
    }

    /** The line is above the limit: its bytes are not there. */
    public boolean tooLong() {
        return tooLong;
    }

    /** The first line is 1. */
    public long lineNumber() {
        return lineNumber;
    }
}
