package io.millrace.broker.metadata;

import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;

/** Waits for a shard's answer until a deadline, for calls that may block their thread. Every fault comes out as it is. */
public final class Waiting {
    private Waiting() {}

    public static <T> T await(CompletableFuture<T> future, String resource, long deadlineNanos, LongSupplier nanos) {
        try {
            return future.get(Math.max(0, deadlineNanos - nanos.getAsLong()), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw new FaultException(faultOf(e.getCause() == null ? e : e.getCause(), resource), e);
        } catch (TimeoutException e) {
            throw new FaultException(
                    Fault.unknown(
                            ErrorCode.DEADLINE_EXCEEDED,
                            resource,
                            "The answer did not come in time; the change may have been made."),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FaultException(
                    Fault.unknown(ErrorCode.UNKNOWN_OUTCOME, resource, "The wait for an answer was cut off."), e);
        }
    }

    /** The fault that a future failed with; anything that is none is a bug of ours, told as INTERNAL. */
    public static Fault faultOf(Throwable failure, String resource) {
        Throwable cause = failure instanceof java.util.concurrent.CompletionException && failure.getCause() != null
                ? failure.getCause()
                : failure;
        return cause instanceof FaultException exception
                ? exception.fault()
                : Fault.unknown(ErrorCode.INTERNAL, resource, "Unexpected: " + cause);
    }
}
