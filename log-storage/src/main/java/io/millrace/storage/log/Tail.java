package io.millrace.storage.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.millrace.storage.Extent;
import io.millrace.storage.LogPosition;
import io.millrace.storage.ShardLog.Frame;
import io.millrace.storage.file.FileOps;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The end of the log, in memory: lays frames out in files, fills chunks with them and keeps the newest chunks for reading.
 *
 * <p>One lock guards the layout. It is held while payload is copied in, never during I/O: a flush takes what is there ({@link #cut}), writes it
 * without the lock, and reports back ({@link #flushed}). Readers take no lock: they look into a snapshot of the resident chunks.
 *
 * <pre>
 * file    |  header  | frame | frame | padding || frame | padding || ... | footer
 *                                              ^ a flush ends here, on a multiple of 4,096
 * chunks  [              ][               ][              ]  each covers a run of one file
 * </pre>
 */
final class Tail {
    private static final int BLOCK = FileOps.ALIGNMENT;

    private final int segmentBytes;
    private final int residentChunks;
    private final ChunkPool pool;
    private final Object lock = new Object();

    @GuardedBy("lock")
    private final ArrayDeque<Chunk> chunks = new ArrayDeque<>();

    @GuardedBy("lock")
    private @Nullable Chunk current;

    @GuardedBy("lock")
    private int file;

    /** Where the next frame goes; 0: the file has no header yet. */
    @GuardedBy("lock")
    private int position;

    @GuardedBy("lock")
    private int flushStart;

    /** Length of the file before this one; -1: there is none. */
    @GuardedBy("lock")
    private int previousBytes;

    /** Data frames in the file; -1: not known. */
    @GuardedBy("lock")
    private int frames;

    @GuardedBy("lock")
    private long payloadBytes;

    private volatile Chunk[] snapshot = {};
    private volatile LogPosition end;

    /** Bytes of the log laid out so far, as file and position: what is beyond was never appended. */
    private volatile LogPosition filled;

    /** Goes on where recovery has ended. */
    Tail(LogConfig config, TailStart start) {
        this.segmentBytes = config.segmentBytes();
        this.residentChunks = Math.max(2, config.tailBytes() / config.chunkBytes());
        this.pool = new ChunkPool(config.chunkBytes(), residentChunks);
        this.file = start.file();
        this.position = start.position();
        this.flushStart = start.position();
        this.previousBytes = start.previousBytes();
        this.frames = start.position() == 0 ? 0 : -1;
        this.end = start.logEnd();
        this.filled = new LogPosition(file, position);
    }

    /**
     * Where the log goes on.
     *
     * @param file the file to write next
     * @param position in it, a multiple of 4,096; 0: it does not exist yet
     * @param previousBytes length of the file before it; -1: there is none
     * @param logEnd the place after the last frame
     */
    record TailStart(int file, int position, int previousBytes, LogPosition logEnd) {}

    /**
     * Bytes to write: part of a chunk, which is retained.
     *
     * @param sealsFile nothing follows in the file
     */
    record Piece(Chunk chunk, int from, int to, boolean sealsFile) {}

    Frame append(long term, long raftIndex, int payloadCrc, List<ByteBuffer> payload) {
        long bytes = 0;
        for (ByteBuffer part : payload) {
            bytes += part.remaining();
        }
        if (bytes > LogConfig.MAX_PAYLOAD_BYTES) {
            throw new IllegalArgumentException("payload of " + bytes + " bytes is larger than a frame may be");
        }
        int length = (int) bytes;
        synchronized (lock) {
            startFileFor(FrameHeader.frameBytes(length));
            var header = new FrameHeader(
                    FrameHeader.Kind.DATA, term, raftIndex, length, payloadCrc, file, position, flushStart);
            putHeader(header);
            Extent extent = new Extent(file, position, length);
            for (ByteBuffer part : payload) {
                put(part);
            }
            putZeros(header.end() - position);
            if (frames >= 0) {
                frames++;
                payloadBytes += length;
            }
            LogPosition after = new LogPosition(file, position);
            filled = after;
            end = after;
            return new Frame(term, raftIndex, extent, payloadCrc, after);
        }
    }

    /** Takes everything that no flush has taken yet, padded to whole blocks. Release the chunks. */
    List<Piece> cut() {
        synchronized (lock) {
            if (position % BLOCK != 0) {
                pad();
            }
            // Frames appended from here on are written after this flush was forced. The first flush of a file begins at
            // 0.
            flushStart = position;
            filled = new LogPosition(file, position);
            List<Piece> pieces = new ArrayList<>();
            for (Chunk chunk : chunks) {
                if (chunk.handed < chunk.filled) {
                    if (!chunk.retain()) {
                        throw new IllegalStateException("a chunk has gone before it was flushed");
                    }
                    pieces.add(new Piece(chunk, chunk.handed, chunk.filled, chunk.endsFile));
                    chunk.handed = chunk.filled;
                }
            }
            return pieces;
        }
    }

    /** These pieces are durable. */
    void flushed(List<Piece> pieces) {
        synchronized (lock) {
            for (Piece piece : pieces) {
                piece.chunk().flushed = piece.to();
            }
            evict(residentChunks);
        }
    }

    LogPosition end() {
        return end;
    }

    /** The place that the next frame is written at, or after. */
    LogPosition filled() {
        return filled;
    }

    /** Memory held for chunks, in chunks. */
    int residentChunks() {
        return snapshot.length;
    }

    /** The resident chunk that holds a byte, retained; null where the byte stands in a file alone. */
    @Nullable
    Chunk pin(int soughtFile, int soughtPosition) {
        for (Chunk chunk : snapshot) {
            if (chunk.covers(soughtFile, soughtPosition) && chunk.retain()) {
                return chunk;
            }
        }
        return null;
    }

    /** The first byte from a place on that a resident chunk of this file holds; {@code limit} where there is none. */
    int firstResident(int soughtFile, int from, int limit) {
        int first = limit;
        for (Chunk chunk : snapshot) {
            if (chunk.file == soughtFile && chunk.base >= from) {
                first = Math.min(first, chunk.base);
            }
        }
        return first;
    }

    /** Begins the next file where a frame does not fit any more, and writes the header of a new one. */
    @GuardedBy("lock")
    private void startFileFor(int frameBytes) {
        // Room for the frame, the padding after it and the footer. A frame larger than a file gets a file of its own.
        if (position > SegmentHeader.BYTES && (long) position + frameBytes + 2 * BLOCK > segmentBytes) {
            seal();
        }
        if (position == 0) {
            Chunk chunk = room();
            new SegmentHeader(file, previousBytes).put(chunk.memory(), chunk.filled);
            advance(chunk, SegmentHeader.BYTES);
        }
    }

    @GuardedBy("lock")
    private void seal() {
        if (position % BLOCK != 0) {
            pad();
        }
        Chunk chunk = room();
        int at = chunk.filled;
        new SegmentFooter(frames, frames < 0 ? -1 : payloadBytes).put(chunk.memory(), at + FrameHeader.BYTES);
        putSpecial(chunk, FrameHeader.Kind.FOOTER, SegmentFooter.PAYLOAD_BYTES);
        chunk.complete = true;
        chunk.endsFile = true;
        current = null;
        previousBytes = position;
        file++;
        position = 0;
        flushStart = 0;
        frames = 0;
        payloadBytes = 0;
    }

    /** Fills the block with a frame of zeros. Frames take multiples of 64 bytes, so there is room for its header. */
    @GuardedBy("lock")
    private void pad() {
        Chunk chunk = room();
        int payload = BLOCK - position % BLOCK - FrameHeader.BYTES;
        zero(chunk.memory(), chunk.filled + FrameHeader.BYTES, payload);
        putSpecial(chunk, FrameHeader.Kind.PADDING, payload);
    }

    /** A frame of ours around a payload that already stands in its place, within one block. */
    @GuardedBy("lock")
    private void putSpecial(Chunk chunk, FrameHeader.Kind kind, int payload) {
        CRC32C crc = new CRC32C();
        int from = chunk.filled + FrameHeader.BYTES;
        crc.update(chunk.memory().slice(from, payload));
        new FrameHeader(kind, 0, 0, payload, (int) crc.getValue(), file, position, flushStart)
                .put(chunk.memory(), chunk.filled);
        advance(chunk, FrameHeader.BYTES + payload);
    }

    @GuardedBy("lock")
    private void putHeader(FrameHeader header) {
        Chunk chunk = room();
        header.put(chunk.memory(), chunk.filled);
        advance(chunk, FrameHeader.BYTES);
    }

    @GuardedBy("lock")
    private void put(ByteBuffer source) {
        int from = source.position();
        int left = source.remaining();
        while (left > 0) {
            Chunk chunk = room();
            int count = Math.min(left, chunk.capacity() - chunk.filled);
            chunk.memory().put(chunk.filled, source, from, count);
            advance(chunk, count);
            from += count;
            left -= count;
        }
    }

    /** Fewer than a header's bytes after a payload: they lie in the chunk where it ends. */
    @GuardedBy("lock")
    private void putZeros(int count) {
        if (count > 0) {
            Chunk chunk = room();
            zero(chunk.memory(), chunk.filled, count);
            advance(chunk, count);
        }
    }

    private static void zero(ByteBuffer memory, int from, int count) {
        for (int i = from; i < from + count; i++) {
            memory.put(i, (byte) 0);
        }
    }

    @GuardedBy("lock")
    private void advance(Chunk chunk, int bytes) {
        chunk.filled += bytes;
        position += bytes;
    }

    /** The chunk that takes the next byte. */
    @GuardedBy("lock")
    private Chunk room() {
        Chunk chunk = current;
        if (chunk != null && chunk.filled < chunk.capacity()) {
            return chunk;
        }
        if (chunk != null) {
            chunk.complete = true;
        }
        evict(residentChunks - 1);
        Chunk next = new Chunk(file, position, pool);
        chunks.addLast(next);
        snapshot = chunks.toArray(Chunk[]::new);
        current = next;
        return next;
    }

    /** Lets the oldest chunks go until so many are left, or one is met that is not yet durable. */
    @GuardedBy("lock")
    private void evict(int left) {
        boolean changed = false;
        while (chunks.size() > left) {
            Chunk oldest = chunks.getFirst();
            if (!oldest.complete || oldest.flushed < oldest.filled) {
                break;
            }
            chunks.removeFirst();
            changed = true;
            // Readers that find it in an old snapshot fail to retain it and look into the file.
            oldest.release();
        }
        if (changed) {
            snapshot = chunks.toArray(Chunk[]::new);
        }
    }
}
