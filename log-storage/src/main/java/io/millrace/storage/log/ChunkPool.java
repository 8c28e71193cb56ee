package io.millrace.storage.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.millrace.storage.file.FileOps;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/**
 * Aligned buffers of one size, used again and again: touching memory for the first time costs more than everything else that is done with it.
 * At most {@code limit} buffers wait here; those beyond are left to the garbage collector. Thread safe.
 */
final class ChunkPool {
    private final int chunkBytes;
    private final int limit;
    private final Object lock = new Object();

    @GuardedBy("lock")
    private final ArrayDeque<ByteBuffer> free = new ArrayDeque<>();

    ChunkPool(int chunkBytes, int limit) {
        this.chunkBytes = chunkBytes;
        this.limit = limit;
    }

    int chunkBytes() {
        return chunkBytes;
    }

    /** A buffer with old bytes in it. */
    ByteBuffer take() {
        synchronized (lock) {
            // The one used last: it is the likeliest to be in the processor's cache.
            ByteBuffer memory = free.pollLast();
            if (memory != null) {
                return memory;
            }
        }
        return FileOps.alignedBuffer(chunkBytes);
    }

    void give(ByteBuffer memory) {
        synchronized (lock) {
            if (free.size() < limit) {
                free.addLast(memory);
            }
        }
    }
}
