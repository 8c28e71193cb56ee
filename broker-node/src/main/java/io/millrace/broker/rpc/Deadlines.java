package io.millrace.broker.rpc;

import io.grpc.Context;
import io.grpc.Deadline;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Until when a call may take: the client's deadline, its timeout, or the broker's default; whichever comes first. Thread safe. */
record Deadlines(Duration standard, LongSupplier nanos) {
    /** For the call that runs on this thread. */
    long ofCall() {
        return within(0, Context.current().getDeadline());
    }

    /** As {@link #ofCall}, and no more than {@code most} from now. */
    long ofCallAtMost(Duration most) {
        return Math.min(ofCall(), nanos.getAsLong() + most.toNanos());
    }

    /** For a request of a stream. {@code timeoutMillis}: 0 is the default. */
    long ofRequest(int timeoutMillis) {
        return within(timeoutMillis, null);
    }

    long within(int timeoutMillis, @Nullable Deadline deadline) {
        long left = timeoutMillis == 0
                ? standard.toNanos()
                : TimeUnit.MILLISECONDS.toNanos(Integer.toUnsignedLong(timeoutMillis));
        if (deadline != null) {
            left = timeoutMillis == 0
                    ? deadline.timeRemaining(TimeUnit.NANOSECONDS)
                    : Math.min(left, deadline.timeRemaining(TimeUnit.NANOSECONDS));
        }
        return nanos.getAsLong() + left;
    }
}
