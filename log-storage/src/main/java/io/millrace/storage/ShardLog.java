package io.millrace.storage;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An append-only sequence of frames, one per Raft entry that has a payload, in segment files of this replica. Each byte
 * is written once; nothing is overwritten in place.
 *
 * <p>Life of a frame: {@link #append} puts it into the tail (memory), {@link #flush} makes everything appended so far
 * durable, {@link #forget} declares frames dead that Raft has truncated. What is in flight is bounded above this class.
 *
 * <p>{@code append}, {@code forget} and {@code applied} are called by one thread at a time (the Raft log's); {@code flush} by one thread
 * at a time, which may be another; {@code read}, {@code find} and {@code end} by any.
 *
 * <p>Failure: an I/O error of a write or force, or one that takes too long, is final. The log calls its {@link FailStop}
 * (which halts the process outside tests), and each later call throws {@link StorageException.Kind#CLOSED}. A failed
 * force is never repeated.
 */
public interface ShardLog extends AutoCloseable {
    /** The smallest number of a file of moved extents; ordinary ones lie below. */
    int FIRST_MOVED_FILE = 1 << 30;

    /**
     * Copies a frame into the tail and remembers where {@code (term, raftIndex)} stands. Returns the place of the
     * payload. Does not touch the disk, does not block and does not refuse. Nothing is durable after return.
     *
     * @param payloadCrc CRC-32C of the payload, as {@link java.util.zip.CRC32C} computes it over the buffers in order
     * @param payload from position to limit of each buffer; positions stay as they are
     * @throws IllegalArgumentException where raftIndex is not above the last one appended and not forgotten
     */
    Extent append(long term, long raftIndex, int payloadCrc, List<ByteBuffer> payload);

    /** On return every frame that was appended before the call is on disk: bytes written, file and directory forced. */
    void flush();

    /** Drops every frame with an index ≥ raftIndex that is not yet applied. Their bytes are dead. Does not block. */
    void forget(long raftIndex);

    /** The frame of an entry that is not yet {@link #applied}: payload place, length and CRC; null where there is none. */
    @Nullable
    Frame find(long term, long raftIndex);

    /** Entries ≤ raftIndex are applied: their places stand in the index, so the log may stop remembering them. */
    void applied(long raftIndex);

    /**
     * Copies bytes of an extent into {@code target} (as many as it has remaining, starting {@code offset} bytes into the extent), from
     * the tail where they still are there, else from the file. The caller checks the bytes: frames are not verified here.
     *
     * @throws StorageException GONE, IO, or CORRUPT where the file is shorter than the extent
     */
    void read(Extent extent, int offset, ByteBuffer target);

    /** As {@link #read}, of an extent that is flushed, and never from memory: what the disk has. */
    default void readStored(Extent extent, int offset, ByteBuffer target) {
        read(extent, offset, target);
    }

    /** The place after the last frame appended. */
    LogPosition end();

    /**
     * Applied frames were found missing when the log was opened: what their extents hold cannot be read, and nothing that misses may be taken for
     * a write that never finished.
     */
    boolean damaged();

    /** Segment files, by number. */
    List<SegmentInfo> segments();

    /**
     * Deletes a sealed segment file that holds no live byte any more; later reads answer GONE. The file goes away slowly, off
     * the flush path. It lies before the file of the index's durable {@link AppliedMark#logEnd}: the next start takes a hole behind that
     * for damage. Deleting the active segment, or one with a frame that is not yet applied, is an {@link IllegalArgumentException}.
     *
     * @throws StorageException GONE where there is no such file
     */
    void delete(int file);

    /**
     * Begins a file of moved extents, beside the log: nothing of it is in the way of appends and flushes, and recovery never scans it. Any
     * thread; several may be written at a time.
     *
     * @param above the file's number is greater, so that a number of which a trace is left is never given again
     * @throws StorageException IO or FULL, which are not fatal here: nothing is lost with such a file
     */
    default MovedExtents moveTo(int above) {
        throw new UnsupportedOperationException("this log moves nothing");
    }

    /** The size at which a file is sealed. */
    default long segmentBytes() {
        return 256L << 20;
    }

    /** Whether a file holds moved extents. Such have numbers of their own, from {@link #FIRST_MOVED_FILE} on. */
    static boolean isMoved(int file) {
        return file >= FIRST_MOVED_FILE;
    }

    /** Bytes that the file system still has for this log. A {@link #flush} that finds none is fatal: refuse appends before that. */
    default long usableBytes() {
        return Long.MAX_VALUE;
    }

    /** Seals nothing, flushes nothing: closes the files. What was not flushed is lost, as in a crash. */
    @Override
    void close();

    /** A frame found in the log. {@code end} is the place after it. */
    record Frame(long term, long raftIndex, Extent payload, int payloadCrc, LogPosition end) {}

    /**
     * A file of moved extents that is being made: copies are appended, the whole is made durable, then the caller moves the rows, and says
     * when it has done so. A file that is closed before it was {@link #seal sealed} goes away; one that no live row points to is removed
     * when the log is opened. Used by one thread.
     */
    interface MovedExtents extends AutoCloseable {
        int file();

        /** Appends a copy of the bytes of an extent, and says where it stands. Not to be read before {@link #seal}. */
        Extent copy(int partition, long baseOffset, ByteBuffer bytes);

        /** Bytes of the extents copied so far. */
        long payloadBytes();

        /** Everything copied is durable, under its name, and may be read. The file may not be deleted yet. */
        void seal();

        /** The rows are moved: from now on it is a sealed file like others, and may be deleted. */
        void moved();

        @Override
        void close();
    }

    /** A segment file as it stands. A file of moved extents is not taken for sealed before its rows are moved. */
    record SegmentInfo(int file, long bytes, boolean sealed) {}
}
