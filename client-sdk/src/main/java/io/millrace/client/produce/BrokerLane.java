package io.millrace.client.produce;

import io.millrace.client.cluster.Backoff;
import io.millrace.client.transport.BrokerAddress;
import io.millrace.client.transport.Connection;
import io.millrace.client.transport.ProduceStream;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.v1.ProduceRequest;
import io.millrace.v1.ProduceResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The stream of appends to one broker and the requests on it that have no answer. A stream that breaks is opened again after a pause; what was on it is handed back. Owned by the
 * sender's thread; the stream tells it through the mailbox.
 */
final class BrokerLane {
    private final BrokerAddress broker;
    private final Supplier<Connection> connection;
    private final SenderMailbox mailbox;
    private final Map<Long, Request> requests = new LinkedHashMap<>();
    private @Nullable ProduceStream stream;
    private long streamNumber;
    private long nextRequestId = 1;
    private int failures;
    private boolean paused;
    private long pausedUntilNanos;

    /** A request without an answer: its batches in the order of its parts. */
    record Request(List<Part> parts, long sentNanos) {}

    record Part(PartitionQueue queue, OutboundBatch batch) {}

    BrokerLane(BrokerAddress broker, Supplier<Connection> connection, SenderMailbox mailbox) {
        this.broker = broker;
        this.connection = connection;
        this.mailbox = mailbox;
    }

    BrokerAddress broker() {
        return broker;
    }

    int inFlight() {
        return requests.size();
    }

    /** It has no pause, and the transport takes more. */
    boolean isReady(long nowNanos) {
        if (paused && nowNanos - pausedUntilNanos < 0) {
            return false;
        }
        paused = false;
        ProduceStream present = stream;
        return present == null || requests.isEmpty() || present.isReady();
    }

    boolean isPaused() {
        return paused;
    }

    long pausedUntilNanos() {
        return pausedUntilNanos;
    }

    /** Sends, on a new stream where there is none. Where that cannot be opened, it is told as closed. */
    void send(ProduceRequest.Builder request, List<Part> parts, long nowNanos) {
        long id = nextRequestId++;
        requests.put(id, new Request(parts, nowNanos));
        ProduceStream present = stream;
        if (present == null) {
            present = open();
            if (present == null) {
                return;
            }
        }
        present.send(request.setRequestId(id).build());
    }

    private @Nullable ProduceStream open() {
        long number = ++streamNumber;
        try {
            stream = connection.get().openProduce(new Listener(number));
        } catch (FaultException e) {
            // As if it had opened and closed at once: one way for all failures.
            mailbox.post(new SenderEvent.StreamClosed(this, number, e.fault()));
        }
        return stream;
    }

    /** The request that the response answers; {@code null} where it was given up. */
    @Nullable
    Request answered(long ofStream, ProduceResponse response) {
        if (ofStream != streamNumber) {
            return null;
        }
        failures = 0;
        return requests.remove(response.getRequestId());
    }

    /** The stream is no more: what was on it, in the order it was sent. Empty where that stream was given up before. */
    List<Request> closed(long ofStream) {
        if (ofStream != streamNumber) {
            return List.of();
        }
        stream = null;
        List<Request> lost = new ArrayList<>(requests.values());
        requests.clear();
        return lost;
    }

    void pause(Backoff backoff, RandomGenerator random, long nowNanos) {
        paused = true;
        pausedUntilNanos = nowNanos + backoff.nanos(++failures, random);
    }

    /** When its oldest request was sent; {@code now} where there is none. */
    long oldestNanos(long nowNanos) {
        return requests.isEmpty()
                ? nowNanos
                : requests.values().iterator().next().sentNanos();
    }

    /** The batches of its oldest request. */
    List<Part> oldest() {
        return requests.isEmpty()
                ? List.of()
                : requests.values().iterator().next().parts();
    }

    /** Gives the stream up; its end is told as any other. */
    void abandon(String why) {
        ProduceStream present = stream;
        if (present != null) {
            present.cancel(why, null);
        }
    }

    /** Network threads to the mailbox. */
    private final class Listener implements ProduceStream.Listener {
        private final long number;

        Listener(long number) {
            this.number = number;
        }

        @Override
        public void onResponse(ProduceResponse response) {
            mailbox.post(new SenderEvent.Answered(BrokerLane.this, number, response));
        }

        @Override
        public void onReady() {
            mailbox.wake();
        }

        @Override
        public void onClosed(Fault why) {
            mailbox.post(new SenderEvent.StreamClosed(BrokerLane.this, number, why));
        }
    }
}
