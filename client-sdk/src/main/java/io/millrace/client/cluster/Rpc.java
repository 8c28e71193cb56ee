package io.millrace.client.cluster;

import io.millrace.client.transport.BrokerAddress;
import io.millrace.client.transport.Connections;
import io.millrace.client.transport.Unary;
import io.millrace.error.Effect;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Calls any broker that can answer: goes to the leader that an answer names, else round the known brokers, with pauses, until the deadline. What may have been
 * done and must not be done twice is not tried again. Thread safe; calls block.
 */
public final class Rpc {
    private final Connections connections;
    private final Supplier<List<BrokerAddress>> brokers;
    private final Backoff backoff;
    private final LongSupplier nanos;
    private final RandomGenerator random;
    private final AtomicInteger preferred = new AtomicInteger();
    private final ReentrantLock pauseLock = new ReentrantLock();
    private final Condition never = pauseLock.newCondition();

    Rpc(
            Connections connections,
            Supplier<List<BrokerAddress>> brokers,
            Backoff backoff,
            LongSupplier nanos,
            RandomGenerator random) {
        this.connections = connections;
        this.brokers = brokers;
        this.backoff = backoff;
        this.nanos = nanos;
        this.random = random;
    }

    /** Calls until it succeeds, fails for good, or the time is over. */
    public <Q, R> R call(Unary<Q, R> unary, Q request, long timeoutNanos) {
        return call(unary, request, null, timeoutNanos);
    }

    /** As the other, and asks {@code first} before all others. */
    public <Q, R> R call(Unary<Q, R> unary, Q request, @Nullable BrokerAddress first, long timeoutNanos) {
        long deadline = nanos.getAsLong() + timeoutNanos;
        BrokerAddress to = first == null ? current() : first;
        for (int failures = 1; ; failures++) {
            try {
                return connections.to(to).call(unary, request, attemptNanos(deadline));
            } catch (FaultException e) {
                Fault fault = e.fault();
                long left = deadline - nanos.getAsLong();
                if (!fault.code().isRetryable() || fault.effect() == Effect.UNKNOWN || left <= 0) {
                    throw e;
                }
                BrokerAddress leader = leaderIn(fault);
                if (leader != null && !leader.equals(to) && failures == 1) {
                    to = leader;
                    continue;
                }
                long pause = backoff.nanos(failures, random);
                if (pause >= left) {
                    throw e;
                }
                pause(pause);
                to = leader != null ? leader : next(to);
            }
        }
    }

    /** A broker that hangs must not eat the whole time while others would answer. */
    private long attemptNanos(long deadline) {
        long left = deadline - nanos.getAsLong();
        return brokers.get().size() > 1 ? Math.max(left / 2, Math.min(left, TimeUnit.MILLISECONDS.toNanos(500))) : left;
    }

    static @Nullable BrokerAddress leaderIn(Fault fault) {
        if (fault.detail() instanceof Fault.Leader leader && !leader.host().isEmpty() && leader.port() > 0) {
            return new BrokerAddress(leader.host(), leader.port());
        }
        return null;
    }

    private BrokerAddress current() {
        List<BrokerAddress> known = brokers.get();
        return known.get(Math.floorMod(preferred.get(), known.size()));
    }

    private BrokerAddress next(BrokerAddress failed) {
        List<BrokerAddress> known = brokers.get();
        int at = known.indexOf(failed);
        int next = at < 0 ? preferred.get() : at + 1;
        preferred.set(Math.floorMod(next, known.size()));
        return known.get(Math.floorMod(next, known.size()));
    }

    void pause(long pauseNanos) {
        pauseLock.lock();
        try {
            long left = pauseNanos;
            while (left > 0) {
                left = never.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FaultException(Fault.of(ErrorCode.CANCELLED, "", "interrupted while waiting to try again"), e);
        } finally {
            pauseLock.unlock();
        }
    }
}
