package io.millrace.storage.log;

import static io.millrace.storage.StorageException.Kind.CLOSED;
import static io.millrace.storage.StorageException.Kind.FULL;
import static io.millrace.storage.StorageException.Kind.IO;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.millrace.storage.FailStop;
import io.millrace.storage.StorageException;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Whether the log may go on. The first failure calls the {@link FailStop}, once, and is final. Any thread may check and fail; operations
 * are begun and ended by one thread at a time.
 */
final class Health {
    private final FailStop failStop;
    private final long stallLimitNanos;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private volatile boolean closed;

    /** Counts beginnings and ends, so it is odd while an operation runs. */
    private volatile long operations;

    private volatile String operation = "";

    private final Object watching = new Object();

    @GuardedBy("watching")
    private long watchedOperation;

    @GuardedBy("watching")
    private long watchedSinceNanos;

    Health(FailStop failStop, long stallLimitNanos) {
        this.failStop = failStop;
        this.stallLimitNanos = stallLimitNanos;
    }

    /** Throws CLOSED where the log is closed or has failed. */
    void check() {
        Throwable cause = failure.get();
        if (cause != null) {
            throw new StorageException(CLOSED, "The log has failed before: " + cause.getMessage(), cause);
        }
        if (closed) {
            throw new StorageException(CLOSED, "The log is closed");
        }
    }

    /** True for the first call. */
    boolean close() {
        boolean first = !closed;
        closed = true;
        return first;
    }

    boolean closed() {
        return closed;
    }

    /** A write or force begins. Text names it in a report. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // one writer at a time
    void begin(String what) {
        check();
        operation = what;
        operations++;
    }

    /** It has ended without an error of its own; where it was given up meanwhile, its success does not count. */
    @SuppressWarnings("NonAtomicVolatileUpdate")
    void end() {
        operations++;
        Throwable cause = failure.get();
        if (cause != null) {
            throw new StorageException(CLOSED, "The log has failed before: " + cause.getMessage(), cause);
        }
    }

    /** Ends the log. Returns what to throw. */
    StorageException fail(String what, Throwable cause) {
        StorageException thrown = storageException(what, cause);
        if (failure.compareAndSet(null, thrown)) {
            failStop.fail(what, thrown);
        }
        return thrown;
    }

    /**
     * How long the write or force under way has been seen running, in nanoseconds; 0 where there is none. Fails the log where it is
     * longer than allowed. Its precision is the distance of the calls.
     */
    long watch(long nowNanos) {
        long runningNanos;
        synchronized (watching) {
            long current = operations;
            if (current % 2 == 0 || closed || failure.get() != null) {
                watchedOperation = 0;
                return 0;
            }
            if (current != watchedOperation) {
                watchedOperation = current;
                watchedSinceNanos = nowNanos;
                return 0;
            }
            runningNanos = nowNanos - watchedSinceNanos;
        }
        if (runningNanos > stallLimitNanos) {
            String what = operation + " has not ended after " + runningNanos / 1_000_000 + " ms";
            StorageException unused = fail(what, new IOException(what));
        }
        return runningNanos;
    }

    static StorageException storageException(String what, Throwable cause) {
        if (cause instanceof StorageException known) {
            return known;
        }
        String text = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
        boolean full = text.contains("no space left") || text.contains("quota exceeded");
        return new StorageException(full ? FULL : IO, what + ": " + cause, cause);
    }
}
