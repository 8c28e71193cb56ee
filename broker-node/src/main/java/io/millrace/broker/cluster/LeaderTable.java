package io.millrace.broker.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.millrace.replication.Leadership;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Who leads which shard, as far as this broker has heard: from its own replicas, and from leaders that announce themselves. The highest term
 * wins. Thread safe; nothing in here blocks but {@link #awaitChange}.
 */
public final class LeaderTable {
    /** Nobody known. */
    public static final int UNKNOWN = -1;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private final Map<Integer, Leader> leaders = new HashMap<>();

    @GuardedBy("lock")
    private final Map<Integer, Leadership> own = new HashMap<>();

    @GuardedBy("lock")
    private long version;

    @GuardedBy("lock")
    private long elections;

    /** @param broker {@link #UNKNOWN} or an id */
    public record Leader(long term, int broker) {}

    /** What this broker's own replica sees. {@code self}: this broker's id. */
    public void seen(int shard, Leadership now, int self) {
        lock.lock();
        try {
            Leadership before = own.put(shard, now);
            int leader = now.leading() ? self : now.leaderBroker();
            Leader known = leaders.getOrDefault(shard, new Leader(-1, UNKNOWN));
            if (leader == self && !now.leading()) {
                // Elected, but not ready: it says so itself when it is.
                leader = UNKNOWN;
            }
            if (now.term() > known.term()) {
                put(shard, new Leader(now.term(), leader));
            } else if (now.term() == known.term() && leader != known.broker()) {
                boolean isLost =
                        before != null && before.term() == now.term() && leaderOf(before, self) == known.broker();
                if (leader != UNKNOWN || isLost) {
                    put(shard, new Leader(now.term(), leader));
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private static int leaderOf(Leadership seen, int self) {
        return seen.leading() ? self : seen.leaderBroker();
    }

    /** A leader says that it leads. */
    public void announced(int shard, long term, int broker) {
        lock.lock();
        try {
            Leader known = leaders.get(shard);
            if (known == null || term > known.term() || (term == known.term() && known.broker() == UNKNOWN)) {
                put(shard, new Leader(term, broker));
            }
        } finally {
            lock.unlock();
        }
    }

    /** The broker's process has ended: it leads nothing. */
    public void gone(int broker) {
        lock.lock();
        try {
            for (Map.Entry<Integer, Leader> one : Map.copyOf(leaders).entrySet()) {
                if (one.getValue().broker() == broker) {
                    put(one.getKey(), new Leader(one.getValue().term(), UNKNOWN));
                }
            }
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void put(int shard, Leader leader) {
        Leader before = leaders.put(shard, leader);
        if (leader.broker() != UNKNOWN && (before == null || before.term() < leader.term())) {
            elections++;
        }
        version++;
        changed.signalAll();
    }

    /** Null: nothing was ever heard of the shard. */
    public @Nullable Leader leader(int shard) {
        lock.lock();
        try {
            return leaders.get(shard);
        } finally {
            lock.unlock();
        }
    }

    /** The broker that leads the shard, or {@link #UNKNOWN}. */
    public int broker(int shard) {
        Leader leader = leader(shard);
        return leader == null ? UNKNOWN : leader.broker();
    }

    /** Rises with every change: for {@link #awaitChange}. */
    public long version() {
        lock.lock();
        try {
            return version;
        } finally {
            lock.unlock();
        }
    }

    /** How many times a shard was seen to get a leader of a new term. */
    public long elections() {
        lock.lock();
        try {
            return elections;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until something changes after {@code seenVersion}, or the time is over. */
    public void awaitChange(long seenVersion, long timeoutNanos) throws InterruptedException {
        lock.lock();
        try {
            long left = timeoutNanos;
            while (version == seenVersion && left > 0) {
                left = changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }
}
