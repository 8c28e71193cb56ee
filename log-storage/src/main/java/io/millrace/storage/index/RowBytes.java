package io.millrace.storage.index;

import io.millrace.storage.StorageException;
import java.util.Arrays;

/**
 * Writes the value of a row: a version byte, then unsigned varints (seven bits a byte, least significant first, as in protobuf). A number
 * that may be negative is zigzag coded.
 */
final class RowBytes {
    private byte[] bytes;
    private int size;

    RowBytes(int version, int expectedBytes) {
        bytes = new byte[Math.max(1, expectedBytes)];
        bytes[size++] = (byte) version;
    }

    RowBytes unsigned(long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            add((byte) (rest | 0x80));
            rest >>>= 7;
        }
        add((byte) rest);
        return this;
    }

    RowBytes signed(long value) {
        return unsigned((value << 1) ^ (value >> 63));
    }

    byte[] toArray() {
        return size == bytes.length ? bytes : Arrays.copyOf(bytes, size);
    }

    private void add(byte value) {
        if (size == bytes.length) {
            bytes = Arrays.copyOf(bytes, size * 2);
        }
        bytes[size++] = value;
    }

    /** Reads what {@link RowBytes} wrote; anything else is CORRUPT, a higher version NEWER_FORMAT. */
    static final class Reader {
        private final String what;
        private final byte[] bytes;
        private int position = 1;

        Reader(String what, byte[] bytes, int version) {
            this.what = what;
            this.bytes = bytes;
            if (bytes.length == 0 || bytes[0] == 0) {
                throw corrupt();
            }
            if ((bytes[0] & 0xff) > version) {
                throw new StorageException(
                        StorageException.Kind.NEWER_FORMAT,
                        what + " row has version " + (bytes[0] & 0xff) + ", known are up to " + version);
            }
        }

        int version() {
            return bytes[0] & 0xff;
        }

        long unsigned() {
            long value = 0;
            for (int shift = 0; shift < 64; shift += 7) {
                if (position == bytes.length) {
                    throw corrupt();
                }
                byte next = bytes[position++];
                value |= (long) (next & 0x7f) << shift;
                if (next >= 0) {
                    return value;
                }
            }
            throw corrupt();
        }

        long signed() {
            long coded = unsigned();
            return (coded >>> 1) ^ -(coded & 1);
        }

        /** A number that is not negative as an int. */
        int size() {
            long value = unsigned();
            if (value < 0 || value > Integer.MAX_VALUE) {
                throw corrupt();
            }
            return (int) value;
        }

        /** A number that is not negative as a long. */
        long count() {
            long value = unsigned();
            if (value < 0) {
                throw corrupt();
            }
            return value;
        }

        void end() {
            if (position != bytes.length) {
                throw corrupt();
            }
        }

        StorageException corrupt() {
            return new StorageException(
                    StorageException.Kind.CORRUPT, "Not a row of " + what + ": " + Arrays.toString(bytes));
        }
    }
}
