package io.millrace.broker.host;

import io.millrace.storage.clean.Pace;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** So many bytes per second and no more; nothing is saved up. Taken from by one thread, stopped by any. */
public final class RatePace implements Pace {
    private final long bytesPerSecond;
    private final LongSupplier nanos;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private long freeAt; // when what was taken is paid for

    public RatePace(long bytesPerSecond, LongSupplier nanos) {
        this.bytesPerSecond = bytesPerSecond;
        this.nanos = nanos;
        this.freeAt = nanos.getAsLong();
    }

    @Override
    public boolean take(int bytes) {
        long now = nanos.getAsLong();
        long wait = freeAt - now;
        try {
            if (stopped.await(Math.max(0, wait), TimeUnit.NANOSECONDS)) {
                return false;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        freeAt = Math.max(freeAt, now) + (long) (bytes * 1e9 / bytesPerSecond);
        return true;
    }

    /** Whoever waits, or asks later, is told to give up. */
    public void stop() {
        stopped.countDown();
    }
}
