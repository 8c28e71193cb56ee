package io.millrace.it.load;

import java.util.Arrays;

/** The longest time without an acknowledgement, for each partition. Guarded by itself. */
public final class Gaps {
    private final long[] last;
    private final long[] longest;

    public Gaps(int partitions) {
        last = new long[partitions];
        longest = new long[partitions];
        begin();
    }

    /** Forgets what was: the time counts from now on. */
    public synchronized void begin() {
        Arrays.fill(last, System.nanoTime());
        Arrays.fill(longest, 0);
    }

    synchronized void acknowledged(int partition) {
        long now = System.nanoTime();
        longest[partition] = Math.max(longest[partition], now - last[partition]);
        last[partition] = now;
    }

    /** Of all partitions, the one that is open now included. */
    public synchronized long longestMillis() {
        long now = System.nanoTime();
        long most = 0;
        for (int i = 0; i < last.length; i++) {
            most = Math.max(most, Math.max(longest[i], now - last[i]));
        }
        return most / 1_000_000;
    }

    /** Whether every partition had an acknowledgement after the instant. */
    public synchronized boolean allSince(long nanos) {
        return Arrays.stream(last).allMatch(each -> each - nanos > 0);
    }
}
