package io.millrace.replication.state;

/**
 * Shard time T, in microseconds: it never falls, and between two readings advances as the monotonic clock does. It is never read from a wall
 * clock, but for the one reading after a process start that it begins with. Not thread safe.
 *
 * <p>A replica that follows hears each T as it is applied; when it comes to lead it starts from the larger of the last T and of where its own
 * monotonic clock has carried what it heard: late, perhaps, but never early by more than what it was started with.
 */
public final class ShardClock {
    private long anchorMicros;
    private long anchorNanos;

    /**
     * @param lastMicros T of the last applied entry
     * @param startMicros where time is at least, after a start of the process: a wall clock's reading
     * @param nanos of the monotonic clock, now
     */
    public ShardClock(long lastMicros, long startMicros, long nanos) {
        anchorMicros = Math.max(lastMicros, startMicros);
        anchorNanos = nanos;
    }

    /** T now. */
    public long now(long nanos) {
        return Math.max(anchorMicros, at(nanos));
    }

    /** Takes note of an entry's T. */
    public void heard(long timeMicros, long nanos) {
        if (timeMicros > at(nanos)) {
            anchorMicros = timeMicros;
            anchorNanos = nanos;
        }
    }

    private long at(long nanos) {
        return anchorMicros + Math.floorDiv(nanos - anchorNanos, 1000L);
    }
}
