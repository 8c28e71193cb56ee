package io.millrace.replication;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What waits for the writer thread of a shard: requests, oldest first, bounded in bytes and number; and tasks, such as an entry's outcome,
 * which are few. Any thread adds; the writer takes.
 */
final class WriteQueue {
    private final long maxBytes;
    private final int maxRequests;
    private final LongSupplier nanoTime;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition news = lock.newCondition();

    @GuardedBy("lock")
    private final Deque<WriteRequest> requests = new ArrayDeque<>();

    @GuardedBy("lock")
    private final Deque<Runnable> tasks = new ArrayDeque<>();

    @GuardedBy("lock")
    private long bytes;

    /** No request has an earlier one; {@link Long#MAX_VALUE}: unknown, there was none. Relative, as nanoseconds are. */
    @GuardedBy("lock")
    private @Nullable Long earliestDeadline;

    @GuardedBy("lock")
    private boolean poked;

    @GuardedBy("lock")
    private @Nullable Fault closed;

    WriteQueue(long maxBytes, int maxRequests, LongSupplier nanoTime) {
        this.maxBytes = maxBytes;
        this.maxRequests = maxRequests;
        this.nanoTime = nanoTime;
    }

    /** Takes a request in; null, or why not. */
    @Nullable
    Fault offer(WriteRequest request) {
        int size = request.sizeInBytes();
        lock.lock();
        try {
            if (closed != null) {
                return closed;
            }
            if (requests.size() >= maxRequests) {
                return overloaded(request, "shard.queue.requests", maxRequests, requests.size() + 1L);
            }
            if (!requests.isEmpty() && bytes + size > maxBytes) {
                return overloaded(request, "shard.queue.bytes", maxBytes, bytes + size);
            }
            requests.addLast(request);
            bytes += size;
            noteDeadline(request);
            news.signal();
            return null;
        } finally {
            lock.unlock();
        }
    }

    private static Fault overloaded(WriteRequest request, String limit, long most, long actual) {
        return Fault.of(
                ErrorCode.OVERLOADED,
                request.resource(),
                "too much waits for the shard; try again after a pause",
                new Fault.LimitHit(limit, most, actual));
    }

    @GuardedBy("lock")
    private void noteDeadline(WriteRequest request) {
        Long earliest = earliestDeadline;
        if (earliest == null || request.deadlineNanos() - earliest < 0) {
            earliestDeadline = request.deadlineNanos();
        }
    }

    /** Puts requests back before all others; they were taken in this order. */
    void putBack(List<WriteRequest> taken) {
        lock.lock();
        try {
            for (int i = taken.size() - 1; i >= 0; i--) {
                WriteRequest request = taken.get(i);
                requests.addFirst(request);
                bytes += request.sizeInBytes();
                noteDeadline(request);
            }
        } finally {
            lock.unlock();
        }
    }

    /** The oldest request, where it weighs no more than {@code maxSize}. */
    @Nullable
    WriteRequest poll(long maxSize) {
        lock.lock();
        try {
            WriteRequest first = requests.peekFirst();
            if (first == null || first.sizeInBytes() > maxSize) {
                return null;
            }
            requests.removeFirst();
            bytes -= first.sizeInBytes();
            return first;
        } finally {
            lock.unlock();
        }
    }

    List<WriteRequest> drain() {
        lock.lock();
        try {
            List<WriteRequest> all = new ArrayList<>(requests);
            requests.clear();
            bytes = 0;
            earliestDeadline = null;
            return all;
        } finally {
            lock.unlock();
        }
    }

    /** Takes out what is past its deadline. */
    List<WriteRequest> expired(long now) {
        lock.lock();
        try {
            Long earliest = earliestDeadline;
            if (earliest == null || earliest - now > 0) {
                return List.of();
            }
            earliestDeadline = null;
            List<WriteRequest> expired = new ArrayList<>();
            for (Iterator<WriteRequest> each = requests.iterator(); each.hasNext(); ) {
                WriteRequest request = each.next();
                if (request.deadlineNanos() - now <= 0) {
                    each.remove();
                    bytes -= request.sizeInBytes();
                    expired.add(request);
                } else {
                    noteDeadline(request);
                }
            }
            return expired;
        } finally {
            lock.unlock();
        }
    }

    void addTask(Runnable task) {
        lock.lock();
        try {
            tasks.addLast(task);
            news.signal();
        } finally {
            lock.unlock();
        }
    }

    List<Runnable> takeTasks() {
        lock.lock();
        try {
            if (tasks.isEmpty()) {
                return List.of();
            }
            List<Runnable> all = new ArrayList<>(tasks);
            tasks.clear();
            return all;
        } finally {
            lock.unlock();
        }
    }

    /** Wakes the writer. */
    void poke() {
        lock.lock();
        try {
            poked = true;
            news.signal();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for a task, a poke or the first deadline, at most {@code maxNanos}, and no longer than until requests of {@code enoughBytes} are
     * there ({@link Long#MAX_VALUE}: however many).
     */
    void await(long enoughBytes, long maxNanos) throws InterruptedException {
        lock.lock();
        try {
            long left = maxNanos;
            while (left > 0 && tasks.isEmpty() && !poked && (requests.isEmpty() || bytes < enoughBytes)) {
                Long earliest = earliestDeadline;
                long untilDeadline = earliest == null ? Long.MAX_VALUE : earliest - nanoTime.getAsLong();
                if (untilDeadline <= 0) {
                    break;
                }
                long slice = Math.min(left, untilDeadline);
                left -= slice - Math.max(0, news.awaitNanos(slice));
            }
            poked = false;
        } finally {
            lock.unlock();
        }
    }

    /** Refuses what comes from now on. The first reason stands. */
    void close(Fault why) {
        lock.lock();
        try {
            if (closed == null) {
                closed = why;
            }
            poked = true;
            news.signal();
        } finally {
            lock.unlock();
        }
    }

    @Nullable
    Fault closedWhy() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    int size() {
        lock.lock();
        try {
            return requests.size();
        } finally {
            lock.unlock();
        }
    }

    long bytes() {
        lock.lock();
        try {
            return bytes;
        } finally {
            lock.unlock();
        }
    }
}
