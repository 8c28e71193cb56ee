package io.millrace.client.consume;

import io.millrace.client.cluster.Backoff;
import io.millrace.client.transport.BrokerAddress;
import io.millrace.client.transport.FetchStream;
import io.millrace.error.FaultException;
import io.millrace.v1.FetchRequest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The stream of reads from one broker and the requests on it that have no answer. Owned by its {@link FetchSession}, under that one's lock. */
final class FetchLane {
    private final BrokerAddress broker;
    private final Map<Long, Asked> requests = new LinkedHashMap<>();
    private @Nullable FetchStream stream;
    private long streamNumber;
    private long closedNumber;
    private long nextRequestId = 1;
    private int failures;
    private boolean paused;
    private long pausedUntilNanos;

    /** A request without an answer, which may bring so many bytes. */
    record Asked(List<Part> parts, int reservedBytes, long sentNanos) {}

    record Part(PartitionFetch partition, long life) {}

    FetchLane(BrokerAddress broker) {
        this.broker = broker;
    }

    BrokerAddress broker() {
        return broker;
    }

    boolean isReady(long nowNanos) {
        if (paused && nowNanos - pausedUntilNanos >= 0) {
            paused = false;
        }
        return !paused;
    }

    long pausedUntilNanos(long otherwise) {
        return paused ? pausedUntilNanos : otherwise;
    }

    /**
     * Sends; opens a stream, of the number handed to {@code open}, where there is none. A stream that fails at once is told closed before this returns, and the request is among what was on it.
     */
    void send(FetchRequest.Builder request, Asked asked, Function<Long, FetchStream> open) {
        long id = nextRequestId++;
        requests.put(id, asked);
        FetchStream present = stream;
        if (present == null) {
            long number = ++streamNumber;
            try {
                present = open.apply(number);
            } catch (FaultException e) {
                requests.remove(id);
                throw e;
            }
            if (closedNumber == number) {
                return;
            }
            stream = present;
        }
        present.send(request.setRequestId(id).build());
    }

    @Nullable
    Asked answered(long ofStream, long requestId) {
        if (ofStream != streamNumber) {
            return null;
        }
        failures = 0;
        return requests.remove(requestId);
    }

    /** The stream is no more: what was asked on it. */
    List<Asked> closed(long ofStream) {
        if (ofStream != streamNumber) {
            return List.of();
        }
        stream = null;
        closedNumber = ofStream;
        List<Asked> lost = new ArrayList<>(requests.values());
        requests.clear();
        return lost;
    }

    void pause(Backoff backoff, RandomGenerator random, long nowNanos) {
        paused = true;
        pausedUntilNanos = nowNanos + backoff.nanos(++failures, random);
    }

    /** When its oldest request was sent; {@code otherwise} where there is none. */
    long oldestNanos(long otherwise) {
        return requests.isEmpty()
                ? otherwise
                : requests.values().iterator().next().sentNanos();
    }

    /** The partitions of its oldest request. */
    List<Part> oldest() {
        return requests.isEmpty()
                ? List.of()
                : requests.values().iterator().next().parts();
    }

    void abandon(String why) {
        FetchStream present = stream;
        if (present != null) {
            present.cancel(why, null);
        }
    }
}
