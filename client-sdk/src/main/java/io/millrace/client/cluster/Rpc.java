package io.millrace.client.cluster;

import io.millrace.client.transport.BrokerAddress;
import io.millrace.client.transport.Connection;
import io.millrace.client.transport.Connections;
import io.millrace.client.transport.ServerStream;
import io.millrace.client.transport.Unary;
import io.millrace.error.Effect;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Calls any broker that can answer: goes to the leader that an answer names, else round the known brokers, until the deadline. It moves on at once as often as there are brokers, then it pauses: brokers
 * that send it round in a circle, or are all away, are not asked without end. What may have been done and must not be done twice is not tried again. Thread safe; calls block.
 */
public final class Rpc {
    /** So long the first broker has to answer what may be asked elsewhere as well; each next one has twice as long. */
    private static final long FIRST_ATTEMPT_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Connections connections;
    private final KnownBrokers brokers;
    private final boolean followLeaders;
    private final Backoff backoff;
    private final LongSupplier nanos;
    private final RandomGenerator random;
    private final ReentrantLock pauseLock = new ReentrantLock();
    private final Condition never = pauseLock.newCondition();

    Rpc(
            Connections connections,
            KnownBrokers brokers,
            boolean followLeaders,
            Backoff backoff,
            LongSupplier nanos,
            RandomGenerator random) {
        this.connections = connections;
        this.brokers = brokers;
        this.followLeaders = followLeaders;
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
        BrokerAddress to = first == null ? brokers.current() : first;
        int failures = 0;
        int moves = 0;
        while (true) {
            Connection connection = connections.to(to);
            failures++;
            try {
                R response = connection.call(unary, request, attemptNanos(unary, failures, deadline));
                brokers.up(to);
                return response;
            } catch (FaultException e) {
                Fault fault = e.fault();
                long left = deadline - nanos.getAsLong();
                boolean silent = connection.isOwn(fault);
                if (silent) {
                    brokers.down(to);
                }
                if (!fault.code().isRetryable() || fault.effect() == Effect.UNKNOWN || left <= 0) {
                    throw e;
                }
                BrokerAddress leader = followLeaders ? leaderIn(fault) : null;
                BrokerAddress next = leader != null ? leader : brokers.after(to);
                // Of a shard without leader, or of its own load, a broker speaks for a while.
                boolean atOnce = silent || fault.code().retry() == ErrorCode.Retry.ELSEWHERE;
                if (atOnce && !next.equals(to) && moves < brokers.count()) {
                    moves++;
                } else {
                    long pause = backoff.nanos(failures, random);
                    if (pause >= left) {
                        throw e;
                    }
                    pause(pause);
                    moves = 0;
                }
                to = next;
            }
        }
    }

    /** Calls the first broker that answers, and hears what it says until the end. One that breaks off fails the call: the answers so far cannot be taken back. */
    public <Q, R> void call(ServerStream<Q, R> stream, Q request, Consumer<R> each) {
        BrokerAddress to = brokers.current();
        AtomicBoolean isAnswering = new AtomicBoolean();
        for (int tries = 1; ; tries++) {
            Connection connection = connections.to(to);
            try {
                connection.call(stream, request, answer -> {
                    isAnswering.set(true);
                    each.accept(answer);
                });
                brokers.up(to);
                return;
            } catch (FaultException e) {
                if (connection.isOwn(e.fault())) {
                    brokers.down(to);
                }
                boolean isElsewhere = connection.isOwn(e.fault()) || e.fault().code() == ErrorCode.STOPPING;
                if (isAnswering.get() || !isElsewhere || tries >= brokers.count()) {
                    throw e;
                }
                to = brokers.after(to);
            }
        }
    }

    /** A broker that hangs must not eat the whole time while others would answer; what must not be done twice has all of it. */
    private <Q, R> long attemptNanos(Unary<Q, R> unary, int attempt, long deadline) {
        long left = Math.max(1, deadline - nanos.getAsLong());
        boolean bounded = unary.isRepeatable() && brokers.count() > 1;
        return bounded ? Math.min(left, FIRST_ATTEMPT_NANOS << Math.min(attempt - 1, 10)) : left;
    }

    static @Nullable BrokerAddress leaderIn(Fault fault) {
        if (fault.detail() instanceof Fault.Leader leader && !leader.host().isEmpty() && leader.port() > 0) {
            return new BrokerAddress(leader.host(), leader.port());
        }
        return null;
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
