package io.millrace.broker.metadata;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Gives away producer ids, each once for ever: takes blocks of them from the metadata shard. What is left of a block at a stop is never
 * used. Thread safe; blocks while a new block is taken.
 */
public final class ProducerIds {
    private static final int BLOCK = 1_000;

    private final MetadataShard metadata;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private long next;

    @GuardedBy("lock")
    private long end;

    public ProducerIds(MetadataShard metadata) {
        this.metadata = metadata;
    }

    /** A new id. Faults as {@link MetadataShard}. */
    public long next() {
        lock.lock();
        try {
            if (next == end) {
                next = metadata.takeProducerIds(BLOCK);
                end = next + BLOCK;
            }
            return next++;
        } finally {
            lock.unlock();
        }
    }
}
