package io.millrace.broker.repair;

import io.millrace.broker.host.RatePace;
import io.millrace.error.FaultException;
import io.millrace.replication.ScanVisitor;
import io.millrace.replication.Shard;
import io.millrace.replication.state.Partition;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads all that the shards of this broker store from the disk, slowly, again and again, so that damage is found while other replicas can still repair it. What it finds is known like damage that a
 * consumer's read has met. A pass that a restart cut short begins anew. One thread of its own; the figures are for any.
 */
public final class Scrub implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Scrub.class);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

    /** The start of a broker is busy enough. */
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(30);

    private final List<Shard> shards;
    private final Settings settings;
    private final InstantSource wallClock;
    private final LongSupplier nanos;
    private final RatePace pace;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong passes = new AtomicLong();
    private final Thread thread;
    private volatile long lastPassMillis;

    /**
     * How much, and how often.
     *
     * @param bytesPerSecond 0: never
     * @param interval from the begin of a pass to the begin of the next, or its end, where that comes later
     */
    public record Settings(long bytesPerSecond, Duration interval) {}

    private Scrub(
            List<Shard> shards, Settings settings, InstantSource wallClock, LongSupplier nanos, ThreadFactory threads) {
        this.shards = shards;
        this.settings = settings;
        this.wallClock = wallClock;
        this.nanos = nanos;
        this.pace = new RatePace(Math.max(1, settings.bytesPerSecond()), nanos);
        this.thread = threads.newThread(this::run);
    }

    public static Scrub start(
            List<Shard> shards, Settings settings, InstantSource wallClock, LongSupplier nanos, ThreadFactory threads) {
        Scrub scrub = new Scrub(shards, settings, wallClock, nanos, threads);
        if (settings.bytesPerSecond() > 0) {
            scrub.thread.start();
        }
        return scrub;
    }

    private void run() {
        try {
            Duration first = FIRST_PAUSE.compareTo(settings.interval()) < 0 ? FIRST_PAUSE : settings.interval();
            long pause = first.toNanos();
            while (!stopped.await(Math.max(0, pause), TimeUnit.NANOSECONDS)) {
                long begin = nanos.getAsLong();
                pass();
                pause = begin + settings.interval().toNanos() - nanos.getAsLong();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void pass() {
        long before = bytes.get();
        boolean isWhole = true;
        for (Shard shard : shards) {
            try {
                isWhole &= read(shard);
            } catch (FaultException e) {
                // The shard says itself why it does not serve.
                LOG.debug("Shard {} could not be scrubbed: {}", shard.id(), e.fault());
            } catch (RuntimeException e) {
                // An escaping exception would end the scrub for good.
                LOG.warn("Shard {} could not be scrubbed; the next pass tries again", shard.id(), e);
            }
        }
        if (isWhole) {
            passes.incrementAndGet();
            lastPassMillis = wallClock.millis();
            LOG.info("Scrubbed {} bytes of {} shards", bytes.get() - before, shards.size());
        }
    }

    private boolean read(Shard shard) {
        boolean[] isStopped = new boolean[1];
        ScanVisitor visitor = count -> {
            if (!pace.take(count)) {
                isStopped[0] = true;
                return false;
            }
            bytes.addAndGet(count);
            return true;
        };
        for (Partition partition : shard.stored().partitions()) {
            shard.stored().scan(partition, visitor);
            if (isStopped[0]) {
                return false;
            }
        }
        return true;
    }

    /** Read since the start. */
    public long bytes() {
        return bytes.get();
    }

    /** Ended since the start. */
    public long passes() {
        return passes.get();
    }

    /** When the last pass ended, in seconds since the epoch; 0: none since the start. */
    public double lastPassSeconds() {
        return lastPassMillis / 1000.0;
    }

    @Override
    public void close() {
        stopped.countDown();
        pace.stop();
        try {
            thread.join(CLOSE_TIMEOUT.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
