package io.millrace.client.produce;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/** The bound on memory for records that have not ended yet. Taken per piece of a batch, not per record. Thread safe. */
final class BufferBudget {
    private final long capacity;
    private final AtomicLong available;
    private final LongSupplier nanos;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition freed = lock.newCondition();
    private final AtomicInteger waiting = new AtomicInteger();

    @GuardedBy("lock")
    private boolean closed;

    BufferBudget(long capacity, LongSupplier nanos) {
        this.capacity = capacity;
        this.available = new AtomicLong(capacity);
        this.nanos = nanos;
    }

    boolean tryTake(long bytes) {
        long present = available.get();
        while (present >= bytes) {
            if (available.compareAndSet(present, present - bytes)) {
                return true;
            }
            present = available.get();
        }
        return false;
    }

    /**
     * Waits for room.
     *
     * @throws FaultException OVERLOADED where there is none in time, CANCELLED where the thread is interrupted or the producer closed
     */
    void take(long bytes, long timeoutNanos) {
        if (bytes > capacity) {
            throw full("the record needs " + bytes + " bytes, more than the whole buffer", bytes);
        }
        long deadline = nanos.getAsLong() + timeoutNanos;
        lock.lock();
        try {
            waiting.incrementAndGet();
            while (!tryTake(bytes)) {
                if (closed) {
                    throw Fault.of(
                                    ErrorCode.CANCELLED,
                                    "producer",
                                    "the producer was closed while this send waited for room")
                            .asException();
                }
                long left = deadline - nanos.getAsLong();
                if (left <= 0) {
                    throw full(
                            "no room came free in " + timeoutNanos / 1_000_000
                                    + " ms: records are sent faster than brokers acknowledge them, or none answers",
                            capacity - available.get() + bytes);
                }
                freed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FaultException(
                    Fault.of(ErrorCode.CANCELLED, "producer", "interrupted while waiting for room"), e);
        } finally {
            waiting.decrementAndGet();
            lock.unlock();
        }
    }

    private FaultException full(String message, long wanted) {
        return Fault.of(
                        ErrorCode.OVERLOADED,
                        "producer",
                        "the producer's buffer is full: " + message,
                        new Fault.LimitHit("buffer.bytes", capacity, wanted))
                .asException();
    }

    void give(long bytes) {
        available.addAndGet(bytes);
        if (waiting.get() > 0) {
            lock.lock();
            try {
                freed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    /** Lets those who wait fail. */
    void close() {
        lock.lock();
        try {
            closed = true;
            freed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    long availableBytes() {
        return available.get();
    }
}
