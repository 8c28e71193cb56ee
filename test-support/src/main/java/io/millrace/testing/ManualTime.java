package io.millrace.testing;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Time that moves only when a test says so: a wall clock as {@link InstantSource}, and a monotonic clock in nanoseconds as
 * {@link LongSupplier} in place of {@link System#nanoTime()}. Both move together. Any thread may read or advance it.
 */
public final class ManualTime implements InstantSource, LongSupplier {
    private final Instant start;
    private final AtomicLong elapsedNanos = new AtomicLong();

    /** Starts at a fixed instant, with the nanoseconds at zero. */
    public ManualTime() {
        this(Instant.parse("2026-01-01T00:00:00Z"));
    }

    public ManualTime(Instant start) {
        this.start = start;
    }

    @Override
    public Instant instant() {
        return start.plusNanos(elapsedNanos.get());
    }

    /** The nanoseconds advanced since the start. */
    @Override
    public long getAsLong() {
        return elapsedNanos.get();
    }

    /** Moves both clocks forward. */
    public void advance(Duration duration) {
        if (duration.isNegative()) {
            throw new IllegalArgumentException("Time does not go back: " + duration);
        }
        long step = duration.toNanos();
        elapsedNanos.updateAndGet(elapsed -> Math.addExact(elapsed, step));
    }
}
