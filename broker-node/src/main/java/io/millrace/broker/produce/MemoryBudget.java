package io.millrace.broker.produce;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The bytes that all front-ends together hold of requests and responses. Half is for each {@link Lane}, so that consumers who do not read
 * cannot stop producers, or the other way round. Who finds too little left waits in line: first come, first served, so a large request is
 * not starved by small ones.
 *
 * <p>A request larger than its lane gets the whole lane. Waiting costs the waiter's caller nothing but its place: a front-end waits for one
 * grant per stream and reads no further meanwhile, which bounds the line. Thread safe; callbacks run on the thread that releases, without
 * the lock.
 */
public final class MemoryBudget {
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Map<Lane, Account> accounts = new EnumMap<>(Lane.class);

    /** What the bytes are held for. */
    public enum Lane {
        APPEND,
        READ
    }

    /** Bytes that were granted. Closing gives them back, once. */
    public final class Grant implements AutoCloseable {
        private final Lane lane;
        private final AtomicBoolean isClosed = new AtomicBoolean();

        @GuardedBy("lock")
        private long bytes;

        private Grant(Lane lane, long bytes) {
            this.lane = lane;
            this.bytes = bytes;
        }

        /** Gives back what is above {@code needed}. */
        public void shrinkTo(long needed) {
            long surplus;
            lock.lock();
            try {
                surplus = Math.max(0, bytes - needed);
                bytes -= surplus;
            } finally {
                lock.unlock();
            }
            giveBack(lane, surplus);
        }

        @Override
        public void close() {
            if (isClosed.compareAndSet(false, true)) {
                shrinkTo(0);
            }
        }
    }

    private record Waiter(long bytes, Consumer<Grant> granted) {}

    private static final class Account {
        private final long limit;
        private final ArrayDeque<Waiter> line = new ArrayDeque<>();
        private long used;

        private Account(long limit) {
            this.limit = limit;
        }
    }

    public MemoryBudget(long totalBytes) {
        for (Lane lane : Lane.values()) {
            accounts.put(lane, new Account(Math.max(1, totalBytes / 2)));
        }
    }

    /** Grants at once, on this thread, or later, when it is this one's turn. */
    public void take(Lane lane, long bytes, Consumer<Grant> granted) {
        Grant grant = null;
        lock.lock();
        try {
            Account account = account(lane);
            long counted = Math.min(bytes, account.limit);
            if (account.line.isEmpty() && account.used + counted <= account.limit) {
                account.used += counted;
                grant = new Grant(lane, counted);
            } else {
                account.line.add(new Waiter(counted, granted));
            }
        } finally {
            lock.unlock();
        }
        if (grant != null) {
            granted.accept(grant);
        }
    }

    private void giveBack(Lane lane, long bytes) {
        List<Runnable> callbacks = new ArrayList<>();
        lock.lock();
        try {
            Account account = account(lane);
            account.used -= bytes;
            Waiter first = account.line.peek();
            while (first != null && account.used + first.bytes() <= account.limit) {
                account.line.remove();
                account.used += first.bytes();
                Grant grant = new Grant(lane, first.bytes());
                Consumer<Grant> granted = first.granted();
                callbacks.add(() -> granted.accept(grant));
                first = account.line.peek();
            }
        } finally {
            lock.unlock();
        }
        callbacks.forEach(Runnable::run);
    }

    public long usedBytes(Lane lane) {
        lock.lock();
        try {
            return account(lane).used;
        } finally {
            lock.unlock();
        }
    }

    public long limitBytes(Lane lane) {
        lock.lock();
        try {
            return account(lane).limit;
        } finally {
            lock.unlock();
        }
    }

    public int waiting(Lane lane) {
        lock.lock();
        try {
            return account(lane).line.size();
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private Account account(Lane lane) {
        Account account = accounts.get(lane);
        if (account == null) {
            throw new AssertionError(lane);
        }
        return account;
    }
}
