package io.millrace.storage.log;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A run of bytes of one segment file, in memory. Reference counted: the tail holds one reference while the chunk is resident, a flush and each
 * reader one while they use it; with the last one the memory goes back to the pool and the chunk never comes alive again.
 *
 * <p>{@code filled}, {@code handed}, {@code flushed}, {@code complete} and {@code endsFile} belong to the tail and are guarded by its lock. Bytes below
 * {@code filled} do not change any more.
 */
final class Chunk {
    final int file;
    final int base;

    /** Bytes in use. */
    int filled;
    /** Bytes that some flush has taken to write. */
    int handed;
    /** Bytes that are durable. */
    int flushed;
    /** Nothing is added any more. */
    boolean complete;
    /** The file ends with its last byte. */
    boolean endsFile;

    private final ByteBuffer memory;
    private final ChunkPool pool;
    private final AtomicInteger references = new AtomicInteger(1);

    Chunk(int file, int base, ChunkPool pool) {
        this.file = file;
        this.base = base;
        this.pool = pool;
        this.memory = pool.take();
    }

    int capacity() {
        return memory.capacity();
    }

    /** The bytes of the chunk, by their offset in it; absolute access only. */
    ByteBuffer memory() {
        return memory;
    }

    /** A view of some bytes, with a position of its own. */
    ByteBuffer view(int from, int to) {
        return memory.duplicate().limit(to).position(from);
    }

    boolean covers(int soughtFile, int position) {
        return soughtFile == file && position >= base && position - base < memory.capacity();
    }

    /** Takes a reference; false where the chunk has gone. */
    boolean retain() {
        int count = references.get();
        while (count > 0) {
            if (references.compareAndSet(count, count + 1)) {
                return true;
            }
            count = references.get();
        }
        return false;
    }

    void release() {
        int left = references.decrementAndGet();
        if (left == 0) {
            pool.give(memory);
        } else if (left < 0) {
            throw new IllegalStateException("chunk released too often: " + file + ":" + base);
        }
    }
}
