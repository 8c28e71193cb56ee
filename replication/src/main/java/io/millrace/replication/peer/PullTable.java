package io.millrace.replication.peer;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The pulls of one connection that are not answered yet. Owned by its event loop. */
final class PullTable {
    private record Pull(
            PayloadId id,
            CompletableFuture<@Nullable ReceivedPayload> future,
            ScheduledFuture<?> timeout,
            Runnable ended) {}

    private final EventExecutor loop;
    private final PeerCounters counters;
    private final Map<Long, Pull> pulls = new HashMap<>();
    private long lastRequest;

    PullTable(EventExecutor loop, PeerCounters counters) {
        this.loop = loop;
        this.counters = counters;
    }

    /**
     * @param ended runs before the future completes
     * @return the request's number
     */
    long add(PayloadId id, long timeoutNanos, CompletableFuture<@Nullable ReceivedPayload> future, Runnable ended) {
        long request = ++lastRequest;
        ScheduledFuture<?> timeout = loop.schedule(
                () -> fail(request, "no answer in " + TimeUnit.NANOSECONDS.toMillis(timeoutNanos) + " ms"),
                timeoutNanos,
                TimeUnit.NANOSECONDS);
        pulls.put(request, new Pull(id, future, timeout, ended));
        return request;
    }

    /** An answer to a pull that has ended meanwhile is unknown, and of no use. */
    boolean knows(long request) {
        return pulls.containsKey(request);
    }

    void answered(long request, ReceivedPayload payload) throws WireException {
        Pull pull = take(request);
        if (pull == null) {
            payload.close();
            return;
        }
        if (!pull.id().equals(payload.id())) {
            payload.close();
            failed(pull, "answered with another payload");
            throw new WireException("payload " + payload.id() + " answers the pull of " + pull.id());
        }
        counters.pullsAnswered.increment();
        if (!pull.future().complete(payload)) {
            payload.close(); // nobody waits any more
        }
    }

    void none(long request) {
        Pull pull = take(request);
        if (pull != null) {
            counters.pullsNone.increment();
            pull.future().complete(null);
        }
    }

    void fail(long request, String why) {
        Pull pull = take(request);
        if (pull != null) {
            failed(pull, why);
        }
    }

    void failAll(String why) {
        List.copyOf(pulls.keySet()).forEach(request -> fail(request, why));
    }

    private @Nullable Pull take(long request) {
        Pull pull = pulls.remove(request);
        if (pull != null) {
            pull.timeout().cancel(false);
            pull.ended().run();
        }
        return pull;
    }

    private void failed(Pull pull, String why) {
        counters.pullsFailed.increment();
        pull.future().completeExceptionally(new IOException("pull of " + pull.id() + ": " + why));
    }
}
