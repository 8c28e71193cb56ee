package io.millrace.storage;

/**
 * A run of bytes in one segment file of this replica. Positions are local to a replica.
 *
 * @param file number of the segment file
 * @param position first byte in the file
 * @param length in bytes
 */
public record Extent(int file, int position, int length) {
    public Extent {
        if (file < 0 || position < 0 || length < 0) {
            throw new IllegalArgumentException("not an extent: " + file + ":" + position + "+" + length);
        }
    }

    /** A part of this extent. */
    public Extent slice(int from, int size) {
        if (from < 0 || size < 0 || from > length - size) {
            throw new IndexOutOfBoundsException(from + "+" + size + " of " + this);
        }
        return new Extent(file, position + from, size);
    }
}
