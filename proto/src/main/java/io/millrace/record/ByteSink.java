package io.millrace.record;

import io.millrace.error.ErrorCode;
import java.io.OutputStream;
import java.util.Arrays;

/**
 * A growing array with a limit: where codecs write to. It keeps its array from one use to the next, since memory that was
 * touched before is far cheaper than fresh memory. Not thread safe.
 */
final class ByteSink {
    static final int NO_LIMIT = Integer.MAX_VALUE - 64;

    private byte[] bytes = new byte[0];
    private int size;
    private int limit = NO_LIMIT;

    /** Empties the sink, which from now on takes at most {@code newLimit} bytes. */
    void clear(int newLimit) {
        size = 0;
        limit = Math.min(newLimit, NO_LIMIT);
    }

    byte[] bytes() {
        return bytes;
    }

    int size() {
        return size;
    }

    int limit() {
        return limit;
    }

    /** Makes room behind the size, be it past the limit, and without counting it as used. */
    void reserve(int more) {
        if (bytes.length - size < more) {
            long wanted = (long) size + more;
            long grown = Math.max(wanted, Math.min(2L * bytes.length, limit));
            if (wanted > NO_LIMIT) {
                throw tooFar();
            }
            bytes = Arrays.copyOf(bytes, (int) Math.max(1024, grown));
        }
    }

    /** Counts {@code more} reserved bytes as used. */
    void advance(int more) {
        if (more > limit - size) {
            throw tooFar();
        }
        size += more;
    }

    void write(byte[] source, int position, int length) {
        if (length > limit - size) {
            throw tooFar();
        }
        reserve(length);
        System.arraycopy(source, position, bytes, size, length);
        size += length;
    }

    void writeIntLittleEndian(int value) {
        reserve(4);
        bytes[size] = (byte) value;
        bytes[size + 1] = (byte) (value >>> 8);
        bytes[size + 2] = (byte) (value >>> 16);
        bytes[size + 3] = (byte) (value >>> 24);
        advance(4);
    }

    void writeIntBigEndian(int value) {
        writeIntLittleEndian(Integer.reverseBytes(value));
    }

    InvalidBatchException tooFar() {
        return new InvalidBatchException(
                ErrorCode.BATCH_EXPANDS_TOO_FAR, "The records expand beyond the limit of " + limit + " bytes");
    }

    OutputStream asStream() {
        return new OutputStream() {
            @Override
            public void write(int b) {
                ByteSink.this.write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] source, int position, int length) {
                ByteSink.this.write(source, position, length);
            }
        };
    }
}
