package io.millrace.client.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * Renews what is known of topics, in the background: one round at a time for the whole client, over all topics that were asked for until it began. Rounds keep a distance, which grows while they leave
 * topics open; those are asked for again a few times without being told, then only when somebody misses them still. Thread safe.
 */
final class Refresher {
    /** So many rounds in a row follow by themselves: about ten seconds with the default pauses, in which a cluster elects more than once. */
    private static final int ROUNDS_OF_ITS_OWN = 64;

    /** Renews these and returns those to be asked for again. Does not throw what a retry would mend. */
    interface Round {
        Set<String> renew(Set<String> topics);
    }

    private final Round round;
    private final Backoff distance;
    private final LongSupplier nanos;
    private final RandomGenerator random;
    private final ScheduledExecutorService background;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Set<String> wanted = new LinkedHashSet<>();

    /** A round is to begin, or under way. */
    @GuardedBy("lock")
    private boolean scheduled;

    @GuardedBy("lock")
    private int openRounds;

    /** No round begins before. */
    @GuardedBy("lock")
    private long nextNanos;

    /** @param distance between the ends and beginnings of rounds */
    Refresher(
            Round round,
            Backoff distance,
            LongSupplier nanos,
            RandomGenerator random,
            ScheduledExecutorService background) {
        this.round = round;
        this.distance = distance;
        this.nanos = nanos;
        this.random = random;
        this.background = background;
        this.nextNanos = nanos.getAsLong();
    }

    /** The topic is renewed in the next round. */
    void soon(String topic) {
        lock.lock();
        try {
            wanted.add(topic);
            if (!scheduled) {
                schedule();
            }
        } finally {
            lock.unlock();
        }
    }

    /** There is a round soon, be it over no topic. */
    void soon() {
        lock.lock();
        try {
            if (!scheduled) {
                schedule();
            }
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void schedule() {
        scheduled = !background.isShutdown();
        if (scheduled) {
            var unused =
                    background.schedule(this::run, Math.max(0, nextNanos - nanos.getAsLong()), TimeUnit.NANOSECONDS);
        }
    }

    private void run() {
        Set<String> topics;
        lock.lock();
        try {
            topics = Set.copyOf(wanted);
            wanted.clear();
        } finally {
            lock.unlock();
        }
        Set<String> open = Set.of();
        try {
            open = round.renew(topics);
        } finally {
            end(open);
        }
    }

    private void end(Set<String> open) {
        lock.lock();
        try {
            openRounds = open.isEmpty() ? 0 : openRounds + 1;
            nextNanos = nanos.getAsLong() + distance.nanos(Math.max(1, openRounds), random);
            if (openRounds <= ROUNDS_OF_ITS_OWN) {
                wanted.addAll(open);
            }
            scheduled = false;
            if (!wanted.isEmpty()) {
                schedule();
            }
        } finally {
            lock.unlock();
        }
    }
}
