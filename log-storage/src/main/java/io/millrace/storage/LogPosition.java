package io.millrace.storage;

/** A place between two frames of a shard log: the first byte after a frame. {@link #START} is the very beginning. */
public record LogPosition(int file, int position) implements Comparable<LogPosition> {
    public static final LogPosition START = new LogPosition(0, 0);

    @Override
    public int compareTo(LogPosition other) {
        return file != other.file ? Integer.compare(file, other.file) : Integer.compare(position, other.position);
    }
}
