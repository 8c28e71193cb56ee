package io.millrace.replication.peer;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Bounds the bytes that were received and are not given back. Who does not fit waits in line: a large payload is not starved by small ones.
 * Any thread.
 */
final class ReceiveBudget {
    private final long limit;
    private final Deque<Wait> waiting = new ArrayDeque<>();
    private long taken;

    ReceiveBudget(long limit) {
        this.limit = limit;
    }

    /** Waits for {@code bytes}, at most the limit; then {@code granted} runs once, on the thread of whoever gave back. */
    record Wait(long bytes, Runnable granted) {}

    /** Takes the bytes at once, or puts the wait in line and says false. */
    synchronized boolean take(Wait wait) {
        if (waiting.isEmpty() && taken + wait.bytes() <= limit) {
            taken += wait.bytes();
            return true;
        }
        waiting.add(wait);
        return false;
    }

    /** Leaves the line. False: it was granted already. */
    @SuppressWarnings("ReferenceEquality") // this wait, not an equal one
    synchronized boolean cancel(Wait wait) {
        return waiting.removeIf(each -> each == wait);
    }

    void release(long bytes) {
        Deque<Wait> granted = new ArrayDeque<>();
        synchronized (this) {
            taken -= bytes;
            collect(granted);
        }
        granted.forEach(wait -> wait.granted().run());
    }

    private void collect(Deque<Wait> granted) {
        while (!waiting.isEmpty() && taken + waiting.peek().bytes() <= limit) {
            Wait wait = waiting.remove();
            taken += wait.bytes();
            granted.add(wait);
        }
    }

    synchronized long taken() {
        return taken;
    }
}
