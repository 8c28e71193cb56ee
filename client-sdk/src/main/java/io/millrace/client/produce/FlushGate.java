package io.millrace.client.produce;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Counts batches that have not ended, by generation: a flush closes the present generation and waits until it and all before are empty, whatever is sent meanwhile. Thread safe; touched once per
 * batch, not per record.
 */
final class FlushGate {
    private final LongSupplier nanos;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition ended = lock.newCondition();

    @GuardedBy("lock")
    private final TreeMap<Long, Integer> openBatches = new TreeMap<>();

    @GuardedBy("lock")
    private long generation;

    FlushGate(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /** A batch begins; the result is for {@link #end}. */
    long begin() {
        lock.lock();
        try {
            openBatches.merge(generation, 1, Integer::sum);
            return generation;
        } finally {
            lock.unlock();
        }
    }

    void end(long begun) {
        lock.lock();
        try {
            if (openBatches.merge(begun, -1, Integer::sum) == 0) {
                openBatches.remove(begun);
                ended.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits until every batch begun so far has ended; false: the time was over first. */
    boolean await(long timeoutNanos) throws InterruptedException {
        long deadline = nanos.getAsLong() + timeoutNanos;
        lock.lock();
        try {
            long last = generation++;
            while (isOpen(last)) {
                long left = deadline - nanos.getAsLong();
                if (left <= 0) {
                    return false;
                }
                ended.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private boolean isOpen(long last) {
        Map.Entry<Long, Integer> first = openBatches.firstEntry();
        return first != null && first.getKey() <= last;
    }

    boolean isEmpty() {
        lock.lock();
        try {
            return openBatches.isEmpty();
        } finally {
            lock.unlock();
        }
    }
}
