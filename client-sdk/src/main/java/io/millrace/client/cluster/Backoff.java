package io.millrace.client.cluster;

import java.util.random.RandomGenerator;

/**
 * How long to pause before the next try: doubles from a first pause up to a longest, and each is shortened by up to a half at random, so that many clients do not come back
 * together. Immutable.
 */
public record Backoff(long firstNanos, long longestNanos) {

    /** The pause after so many failures in a row (1 or more). */
    public long nanos(int failures, RandomGenerator random) {
        int doublings = Math.min(Math.max(failures - 1, 0), 30);
        long pause = Math.min(firstNanos << doublings, longestNanos);
        if (pause <= 0) {
            pause = longestNanos;
        }
        return pause - (long) (pause * 0.5 * random.nextDouble());
    }
}
