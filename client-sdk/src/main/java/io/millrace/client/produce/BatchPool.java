package io.millrace.client.produce;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Batches to be used again, by powers of two of their size: memory that was touched before is far cheaper than fresh memory. Holds a bounded sum of bytes; what is beyond is left to the
 * collector. Thread safe.
 */
final class BatchPool {
    static final int SMALLEST_BYTES = 16 << 10;

    private final long maxBytes;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final ArrayDeque<OutboundBatch>[] bySize;

    @GuardedBy("lock")
    private long heldBytes;

    @SuppressWarnings({"unchecked", "rawtypes"})
    BatchPool(long maxBytes) {
        this.maxBytes = maxBytes;
        this.bySize = new ArrayDeque[32];
        for (int i = 0; i < bySize.length; i++) {
            bySize[i] = new ArrayDeque<>();
        }
    }

    /** The size that a batch is given for so many bytes. */
    static int sizeFor(long bytes) {
        long size = SMALLEST_BYTES;
        while (size < bytes) {
            size <<= 1;
        }
        return (int) Math.min(size, 1 << 30);
    }

    /** @param size from {@link #sizeFor} */
    OutboundBatch take(int size) {
        OutboundBatch found = poll(size);
        return found != null ? found : new OutboundBatch(size);
    }

    private @Nullable OutboundBatch poll(int size) {
        lock.lock();
        try {
            OutboundBatch found = bySize[Integer.numberOfTrailingZeros(size)].pollLast();
            if (found != null) {
                heldBytes -= size;
            }
            return found;
        } finally {
            lock.unlock();
        }
    }

    void give(OutboundBatch batch) {
        int size = batch.chargedBytes();
        batch.clear();
        lock.lock();
        try {
            if (heldBytes + size <= maxBytes) {
                heldBytes += size;
                bySize[Integer.numberOfTrailingZeros(size)].addLast(batch);
            }
        } finally {
            lock.unlock();
        }
    }
}
