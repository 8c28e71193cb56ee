package io.millrace.broker.produce;

import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a reserve of the disk free: below it appends are refused, and they resume by themselves once there is more. The probe asks the file
 * system, so its answer is kept for a short while and what was appended since is taken off it. Thread safe.
 */
public final class DiskSpace {
    private static final Logger LOG = LoggerFactory.getLogger(DiskSpace.class);
    private static final long PROBE_EVERY_NANOS = 200_000_000L;

    private final LongSupplier usableBytes;
    /** Above the reserve: the largest batch that a broker takes by default. */
    private static final long ROOM_AGAIN_BYTES = 16 << 20;

    private final long reserveBytes;
    private final int node;
    private final LongSupplier nanos;
    private final AtomicLong probedAt;
    private final AtomicLong left = new AtomicLong();
    private volatile boolean isFull;

    /** The probe gives the usable bytes of the file system, or throws {@link java.io.UncheckedIOException}: then nothing is refused. */
    public DiskSpace(LongSupplier usableBytes, long reserveBytes, int node, LongSupplier nanos) {
        this.usableBytes = usableBytes;
        this.reserveBytes = reserveBytes;
        this.node = node;
        this.nanos = nanos;
        this.probedAt = new AtomicLong(nanos.getAsLong());
        this.left.set(usableBytes.getAsLong() - reserveBytes);
    }

    /** Why so many bytes cannot be appended now; null where they can. */
    public @Nullable Fault refusal(String resource, long bytes) {
        probeWhenDue();
        boolean refuses = left.addAndGet(-bytes) < 0;
        if (refuses) {
            left.addAndGet(bytes);
        }
        note(refuses);
        return refuses
                ? Fault.of(
                        ErrorCode.STORAGE_FULL,
                        resource,
                        "The disk of broker " + node + " has " + Math.max(0, left.get() + reserveBytes)
                                + " bytes left, of which " + reserveBytes
                                + " are a reserve (storage.disk-reserve). Reads go on; appends resume when there is space.",
                        new Fault.LimitHit(
                                "storage.disk-reserve", reserveBytes, Math.max(0, left.get() + reserveBytes)))
                : null;
    }

    private void probeWhenDue() {
        long now = nanos.getAsLong();
        long last = probedAt.get();
        if (now - last >= PROBE_EVERY_NANOS && probedAt.compareAndSet(last, now)) {
            left.set(usableBytes.getAsLong() - reserveBytes);
        }
    }

    private void note(boolean refuses) {
        if (refuses != isFull) {
            isFull = refuses;
            if (refuses) {
                LOG.error(
                        "The disk is full (reserve {} bytes): appends are refused until there is space", reserveBytes);
            } else {
                LOG.info("There is space on the disk again: appends resume");
            }
        }
    }

    /** The last append was refused, and there still is no room to speak of. */
    public boolean isFull() {
        probeWhenDue();
        if (isFull && left.get() > ROOM_AGAIN_BYTES) {
            note(false);
        }
        return isFull;
    }

    public long usable() {
        probeWhenDue();
        return Math.max(0, left.get() + reserveBytes);
    }
}
