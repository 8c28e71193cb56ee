package io.millrace.broker.metadata;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The newest metadata that this broker has seen, from its own replica or from the leader, whichever is ahead: it never goes back. Thread safe.
 */
public final class MetadataView {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition advanced = lock.newCondition();
    private final Runnable onAdvance;

    @GuardedBy("lock")
    private ClusterImage guarded = ClusterImage.EMPTY;

    private volatile ClusterImage image = ClusterImage.EMPTY;

    /** @param onAdvance called after each change, by whoever brought it: must not block */
    public MetadataView(Runnable onAdvance) {
        this.onAdvance = onAdvance;
    }

    public ClusterImage image() {
        return image;
    }

    /** Takes an image where it is newer. */
    public void offer(ClusterImage offered) {
        lock.lock();
        try {
            if (offered.version() <= guarded.version()) {
                return;
            }
            guarded = offered;
            image = offered;
            advanced.signalAll();
        } finally {
            lock.unlock();
        }
        onAdvance.run();
    }

    /** Waits until the image has a version or the time is over; answers whether it has. */
    public boolean await(long version, long timeoutNanos) throws InterruptedException {
        lock.lock();
        try {
            long left = timeoutNanos;
            while (guarded.version() < version && left > 0) {
                left = advanced.awaitNanos(left);
            }
            return guarded.version() >= version;
        } finally {
            lock.unlock();
        }
    }
}
