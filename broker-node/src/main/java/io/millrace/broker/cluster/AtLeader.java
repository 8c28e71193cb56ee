package io.millrace.broker.cluster;

import io.millrace.error.Effect;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;

/**
 * Does something at the leader of a shard, wherever that is, and again at the next one where leadership changes meanwhile. Only for what may be done twice.
 * Thread safe; blocks for up to the deadline.
 */
public final class AtLeader {
    private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long LONGEST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

    private final LeaderTable leaders;
    private final LongSupplier nanos;

    public AtLeader(LeaderTable leaders, LongSupplier nanos) {
        this.leaders = leaders;
        this.nanos = nanos;
    }

    /**
     * @param attempt is given the leader's broker id; what it throws as NOT_LEADER, SHARD_UNAVAILABLE, STOPPING or UNKNOWN_OUTCOME is tried again
     * @throws FaultException what the last attempt said; its effect is UNKNOWN where any attempt may have had one
     */
    public <T> T call(int shard, long deadlineNanos, IntFunction<T> attempt) {
        boolean isUnknown = false;
        long pause = FIRST_PAUSE_NANOS;
        while (true) {
            long seen = leaders.version();
            int leader = leaders.broker(shard);
            Fault fault = Fault.of(
                    ErrorCode.SHARD_UNAVAILABLE, "shard/" + shard, "No broker is known to lead the shard now.");
            if (leader != LeaderTable.UNKNOWN) {
                try {
                    return attempt.apply(leader);
                } catch (FaultException e) {
                    fault = e.fault();
                    if (!isWorthRetrying(fault.code())) {
                        throw e;
                    }
                }
            }
            isUnknown |= fault.effect() == Effect.UNKNOWN;
            long left = deadlineNanos - nanos.getAsLong();
            if (left <= 0) {
                throw (isUnknown ? unknown(fault) : fault).asException();
            }
            await(seen, Math.min(left, pause), shard);
            pause = Math.min(pause * 2, LONGEST_PAUSE_NANOS);
        }
    }

    private static boolean isWorthRetrying(ErrorCode code) {
        return code == ErrorCode.NOT_LEADER
                || code == ErrorCode.SHARD_UNAVAILABLE
                || code == ErrorCode.STOPPING
                || code == ErrorCode.UNKNOWN_OUTCOME;
    }

    private static Fault unknown(Fault fault) {
        return new Fault(ErrorCode.UNKNOWN_OUTCOME, fault.message(), fault.resource(), Effect.UNKNOWN, null);
    }

    private void await(long seen, long timeoutNanos, int shard) {
        try {
            leaders.awaitChange(seen, timeoutNanos);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FaultException(
                    Fault.unknown(ErrorCode.UNKNOWN_OUTCOME, "shard/" + shard, "The wait for a leader was cut off."),
                    e);
        }
    }
}
