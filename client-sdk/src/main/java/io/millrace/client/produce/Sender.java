package io.millrace.client.produce;

import io.millrace.client.cluster.ClusterView;
import io.millrace.client.cluster.TopicImage;
import io.millrace.client.transport.BrokerAddress;
import io.millrace.client.transport.Unary;
import io.millrace.error.Effect;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultCodec;
import io.millrace.error.FaultException;
import io.millrace.v1.OpenProducerRequest;
import io.millrace.v1.OpenProducerResponse;
import io.millrace.v1.ProducePart;
import io.millrace.v1.ProduceRequest;
import io.millrace.v1.ProduceResponse;
import io.millrace.v1.ProduceResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that sends: takes batches out of the queues, gives them their sequence, puts them into requests for their leaders, and settles them by the answers. All state of flights and lanes is
 * its own; others talk to it through the {@link SenderMailbox}.
 *
 * <p>A batch that failed goes again under the same sequence as long as a retry makes sense and its time is not over, so the broker can tell a copy; see {@link PartitionFlight} for the order.
 */
final class Sender implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Sender.class);

    /** A request takes no further batch from here on: as much as a broker makes one entry of. */
    private static final int REQUEST_BYTES = 3 << 20;

    private static final long LONGEST_SLEEP_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    /** After so long without an answer it is asked whether another broker leads by now; a stream is given up for that alone. */
    private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final ClusterView cluster;
    private final ProduceSettings settings;
    private final DispatchWindow window;
    private final BatchSource batches;
    private final SenderMailbox mailbox;
    private final BatchEnds ends;
    private final LongSupplier nanos;
    private final RandomGenerator random;
    private final Executor background;
    private final Consumer<Consumer<PartitionQueue>> allQueues;

    private final Map<BrokerAddress, BrokerLane> lanes = new HashMap<>();

    /** Queues that may have something to send. */
    private final LinkedHashSet<PartitionQueue> waiting = new LinkedHashSet<>();

    /** Serves every partition until one needs another. */
    private @Nullable ProducerSession firstSession;

    private boolean firstSessionAsked;
    private @Nullable Fault refusal;
    private long sessionPausedUntilNanos;
    private long nextExpiryNanos;
    private volatile boolean stopped;
    private volatile @Nullable Fault endedWith;

    Sender(
            ClusterView cluster,
            ProduceSettings settings,
            BatchSource batches,
            SenderMailbox mailbox,
            BatchEnds ends,
            LongSupplier nanos,
            RandomGenerator random,
            Executor background,
            Consumer<Consumer<PartitionQueue>> allQueues) {
        this.cluster = cluster;
        this.settings = settings;
        this.window = new DispatchWindow(settings.maxRequestsInFlight());
        this.batches = batches;
        this.mailbox = mailbox;
        this.ends = ends;
        this.nanos = nanos;
        this.random = random;
        this.background = background;
        this.allQueues = allQueues;
        this.nextExpiryNanos = nanos.getAsLong();
    }

    /** Ends the loop; what is left then fails. */
    void stop() {
        stopped = true;
        mailbox.wake();
    }

    @Override
    public void run() {
        mailbox.owner(Thread.currentThread());
        try {
            while (!stopped) {
                turn();
            }
            failAll(Fault.of(
                    ErrorCode.CANCELLED, "producer", "the producer was closed before the record could be sent"));
        } catch (RuntimeException | Error e) {
            LOG.error("The producer's sender failed; nothing is sent any more", e);
            failAll(Fault.of(ErrorCode.INTERNAL, "producer", "the producer's sender failed: " + e));
            throw e;
        } finally {
            lanes.values().forEach(each -> each.abandon("the producer is closed"));
        }
    }

    private void turn() {
        for (SenderEvent event = mailbox.pollEvent(); event != null; event = mailbox.pollEvent()) {
            handle(event);
        }
        for (PartitionQueue queue = mailbox.pollFilled(); queue != null; queue = mailbox.pollFilled()) {
            waiting.add(queue);
        }
        long now = nanos.getAsLong();
        if (now - nextExpiryNanos >= 0) {
            expire(now);
            nextExpiryNanos = now + expiryNanos();
        }
        dispatch(now);
        sleep(now);
    }

    private long expiryNanos() {
        long shortest = Math.min(settings.deliveryNanos(), settings.requestNanos());
        return Math.max(TimeUnit.MILLISECONDS.toNanos(5), Math.min(LONGEST_SLEEP_NANOS, shortest / 10));
    }

    private void handle(SenderEvent event) {
        if (event instanceof SenderEvent.Answered answered) {
            onAnswer(answered);
        } else if (event instanceof SenderEvent.StreamClosed closed) {
            onClosed(closed);
        } else if (event instanceof SenderEvent.SessionOpened opened) {
            PartitionQueue queue = opened.queue();
            if (queue == null) {
                firstSession = opened.session();
                refusal = null;
            } else {
                queue.flight().begin(opened.session());
            }
        } else if (event instanceof SenderEvent.SessionRefused refused) {
            onSessionRefused(refused);
        } else {
            throw new AssertionError("unknown event " + event);
        }
    }

    private void onSessionRefused(SenderEvent.SessionRefused refused) {
        LOG.warn("No producer id was given, trying again: {}", refused.why());
        refusal = refused.why();
        sessionPausedUntilNanos = nanos.getAsLong() + settings.backoff().longestNanos();
        PartitionQueue queue = refused.queue();
        if (queue == null) {
            firstSessionAsked = false;
        } else {
            queue.flight().sessionFailed();
        }
    }

    // ---- sending

    private void dispatch(long now) {
        boolean progress = true;
        while (progress && !waiting.isEmpty()) {
            progress = false;
            Map<BrokerLane, Draft> drafts = new HashMap<>();
            draft(drafts, now);
            for (Map.Entry<BrokerLane, Draft> each : drafts.entrySet()) {
                Draft draft = each.getValue();
                if (!draft.parts.isEmpty()) {
                    each.getKey().send(draft.request, draft.parts, now);
                    progress = true;
                }
            }
        }
    }

    /** One request for each broker that may get one; those that gave a batch stand behind the others next time. */
    private void draft(Map<BrokerLane, Draft> drafts, long now) {
        List<PartitionQueue> last = new ArrayList<>();
        for (Iterator<PartitionQueue> each = waiting.iterator(); each.hasNext(); ) {
            PartitionQueue queue = each.next();
            BrokerLane lane = lane(queue);
            if (!isOpen(lane, now)) {
                continue;
            }
            Draft draft = drafts.computeIfAbsent(lane, any -> new Draft());
            if (draft.bytes >= REQUEST_BYTES) {
                continue;
            }
            boolean gave = offer(queue, lane, draft, now);
            if (!queue.flight().hasAgain() && queue.unlist()) {
                each.remove();
            } else if (gave) {
                each.remove();
                last.add(queue);
            }
        }
        waiting.addAll(last);
    }

    private boolean isOpen(BrokerLane lane, long now) {
        return window.isOpen(lane.inFlight(), batches.anyFull()) && lane.isReady(now);
    }

    private BrokerLane lane(PartitionQueue queue) {
        BrokerAddress leader = cluster.leader(queue.topic(), queue.partition());
        BrokerAddress to = leader != null ? leader : cluster.anyBroker();
        return lanes.computeIfAbsent(to, each -> new BrokerLane(each, () -> cluster.connection(each), mailbox));
    }

    /** Puts the queue's next batch into the request; false: none may leave now. */
    private boolean offer(PartitionQueue queue, BrokerLane lane, Draft draft, long now) {
        PartitionFlight flight = queue.flight();
        OutboundBatch batch = null;
        BrokerAddress to = lane.broker();
        boolean leads = to.equals(cluster.leader(queue.topic(), queue.partition()));
        switch (flight.next(now, settings.maxBatchesInFlight(), to, leads)) {
            case NOTHING -> {
                return false;
            }
            case NEEDS_SESSION -> {
                return needSession(queue, now) && offer(queue, lane, draft, now);
            }
            case AGAIN -> batch = flight.takeAgain(to, leads);
            case NEW -> {
                OutboundBatch taken = queue.take();
                if (taken != null) {
                    batch = flight.departNew(taken, to, leads);
                }
            }
        }
        if (batch == null) {
            return false;
        }
        draft.add(part(queue, batch), queue, batch);
        return true;
    }

    private ProducePart part(PartitionQueue queue, OutboundBatch batch) {
        ProducePart.Builder part = ProducePart.newBuilder()
                .setTopic(queue.topic())
                .setPartition(queue.partition())
                .setBatch(batch.encoded(settings.compression()));
        TopicImage image = cluster.cached(queue.topic());
        if (image != null) {
            part.setTopicId(image.id());
        }
        batch.attempted();
        return part.build();
    }

    /** A request in the making. */
    private final class Draft {
        private final ProduceRequest.Builder request = ProduceRequest.newBuilder()
                .setTimeoutMillis((int) TimeUnit.NANOSECONDS.toMillis(settings.requestNanos()));
        private final List<BrokerLane.Part> parts = new ArrayList<>();
        private int bytes;

        void add(ProducePart part, PartitionQueue queue, OutboundBatch batch) {
            request.addParts(part);
            parts.add(new BrokerLane.Part(queue, batch));
            bytes += part.getBatch().size();
        }
    }

    /** Sees to it that the partition gets a session; true: it has one now. */
    private boolean needSession(PartitionQueue queue, long now) {
        PartitionFlight flight = queue.flight();
        ProducerSession first = firstSession;
        if (flight.isFresh() && first != null) {
            flight.begin(first);
            return true;
        }
        if (!flight.isFresh() && flight.beginNextEpoch()) {
            return true;
        }
        if (refusal != null && now - sessionPausedUntilNanos < 0) {
            return false;
        }
        if (flight.isFresh()) {
            if (!firstSessionAsked) {
                firstSessionAsked = true;
                askSession(null);
            }
        } else if (flight.askSession()) {
            askSession(queue);
        }
        return false;
    }

    private void askSession(@Nullable PartitionQueue queue) {
        try {
            background.execute(() -> openSession(queue));
        } catch (RejectedExecutionException e) {
            mailbox.post(new SenderEvent.SessionRefused(
                    queue, Fault.of(ErrorCode.CANCELLED, "producer", "the client is closed")));
        }
    }

    private void openSession(@Nullable PartitionQueue queue) {
        try {
            OpenProducerResponse opened = cluster.rpc()
                    .call(Unary.OPEN_PRODUCER, OpenProducerRequest.getDefaultInstance(), settings.requestNanos());
            mailbox.post(new SenderEvent.SessionOpened(
                    queue, new ProducerSession(opened.getProducerId(), (short) opened.getProducerEpoch())));
        } catch (FaultException e) {
            mailbox.post(new SenderEvent.SessionRefused(queue, e.fault()));
        } catch (RuntimeException e) {
            LOG.warn("Asking for a producer id failed", e);
            mailbox.post(new SenderEvent.SessionRefused(
                    queue, Fault.of(ErrorCode.INTERNAL, "producer", String.valueOf(e.getMessage()))));
        }
    }

    // ---- answers

    private void onAnswer(SenderEvent.Answered answered) {
        ProduceResponse response = answered.response();
        BrokerLane.Request request = answered.lane().answered(answered.stream(), response);
        if (request == null) {
            return;
        }
        cluster.onAnswer(answered.lane().broker());
        List<BrokerLane.Part> parts = request.parts();
        if (response.getResultsCount() != parts.size()) {
            Fault wrong = Fault.unknown(
                    ErrorCode.INTERNAL,
                    "broker/" + answered.lane().broker(),
                    "the response has " + response.getResultsCount() + " results for " + parts.size() + " batches");
            parts.forEach(each -> onFault(answered.lane(), each, wrong));
            return;
        }
        for (int i = 0; i < parts.size(); i++) {
            onResult(answered.lane(), parts.get(i), response.getResults(i));
        }
    }

    private void onResult(BrokerLane lane, BrokerLane.Part part, ProduceResult result) {
        if (part.batch().ended()) {
            return;
        }
        if (result.hasError()) {
            onFault(lane, part, FaultCodec.decode(result.getError()));
            return;
        }
        PartitionFlight flight = part.queue().flight();
        flight.remove(part.batch());
        flight.succeeded();
        revisit(part.queue());
        ends.delivered(part.queue(), part.batch(), result.getBaseOffset(), result.getDuplicate());
    }

    private void onClosed(SenderEvent.StreamClosed closed) {
        List<BrokerLane.Request> lost = closed.lane().closed(closed.stream());
        if (stopped) {
            return;
        }
        LOG.debug("The stream to {} ended: {}", closed.lane().broker(), closed.why());
        closed.lane().pause(settings.backoff(), random, nanos.getAsLong());
        for (BrokerLane.Request request : lost) {
            for (BrokerLane.Part part : request.parts()) {
                if (!part.batch().ended()) {
                    onLost(closed.lane(), part, closed.why());
                }
            }
        }
    }

    /** The stream broke: whether a retry makes sense is said by the next stream, unless the broker refused us for good. */
    private void onLost(BrokerLane lane, BrokerLane.Part part, Fault why) {
        cluster.onUnreachable(part.queue().topic(), part.queue().partition(), lane.broker());
        boolean refused = !why.code().isRetryable()
                && why.code() != ErrorCode.CANCELLED
                && why.code() != ErrorCode.INTERNAL
                && why.effect() == Effect.NOT_WRITTEN;
        if (refused) {
            onFault(lane, part, why);
        } else {
            sendAgain(part, why);
        }
    }

    private void onFault(BrokerLane lane, BrokerLane.Part part, Fault fault) {
        OutboundBatch batch = part.batch();
        if (batch.ended()) {
            return;
        }
        PartitionQueue queue = part.queue();
        switch (fault.code()) {
            case OUT_OF_ORDER_SEQUENCE -> onOutOfOrder(part, fault);
            case SESSION_EXPIRED -> onSessionExpired(part, fault);
            default -> {
                if (fault.code().isRetryable()) {
                    if (fault.code().retry() == ErrorCode.Retry.ELSEWHERE) {
                        cluster.onNotLeader(queue.topic(), queue.partition(), lane.broker(), fault);
                    }
                    sendAgain(part, fault);
                } else {
                    if (fault.code() == ErrorCode.UNKNOWN_TOPIC || fault.code() == ErrorCode.UNKNOWN_PARTITION) {
                        cluster.forget(queue.topic());
                    }
                    giveUp(part, fault);
                }
            }
        }
    }

    /** A gap before it: not written. Its predecessor goes first, or, where that was given up with an unknown outcome, a new session does. */
    private void onOutOfOrder(BrokerLane.Part part, Fault fault) {
        PartitionFlight flight = part.queue().flight();
        OutboundBatch batch = part.batch();
        if (!flight.hasEarlier(batch)) {
            if (batch.countSessionReset() > 2) {
                giveUp(part, fault);
                return;
            }
            LOG.warn("{}: the broker misses a batch that was given up; going on under a new epoch", part.queue());
            flight.breakAfter(batch.order() - 1);
        }
        sendAgain(part, fault);
    }

    private void onSessionExpired(BrokerLane.Part part, Fault fault) {
        PartitionFlight flight = part.queue().flight();
        OutboundBatch batch = part.batch();
        if (flight.hasEarlier(batch)) {
            sendAgain(part, fault);
            return;
        }
        if (batch.maybeWritten() || batch.countSessionReset() > 2) {
            Fault unknown = batch.maybeWritten()
                    ? Fault.unknown(
                            fault.code(),
                            fault.resource(),
                            "an earlier attempt may have been stored, and the broker has forgotten the producer: "
                                    + fault.message())
                    : fault;
            giveUp(part, unknown);
            flight.breakAfter(batch.order());
            return;
        }
        flight.breakAfter(batch.order() - 1);
        sendAgain(part, fault);
    }

    private void sendAgain(BrokerLane.Part part, Fault fault) {
        PartitionFlight flight = part.queue().flight();
        part.batch().failedOnce(fault, fault.effect() == Effect.UNKNOWN);
        flight.sendAgain(part.batch());
        if (fault.code() != ErrorCode.OUT_OF_ORDER_SEQUENCE) {
            pause(flight);
        }
        revisit(part.queue());
    }

    private void pause(PartitionFlight flight) {
        if (!flight.isPaused()) {
            flight.pauseUntil(nanos.getAsLong() + settings.backoff().nanos(flight.countFailure(), random));
        }
    }

    /** Ends the batch with the fault; its successors go on under a new session where it left a gap. */
    private void giveUp(BrokerLane.Part part, Fault fault) {
        PartitionFlight flight = part.queue().flight();
        OutboundBatch batch = part.batch();
        flight.remove(batch);
        boolean unknown = fault.effect() == Effect.UNKNOWN || batch.maybeWritten();
        if (!unknown) {
            flight.breakAfter(batch.order());
        }
        revisit(part.queue());
        ends.failed(batch, unknown ? Fault.unknown(fault.code(), fault.resource(), fault.message()) : fault, false);
    }

    private void revisit(PartitionQueue queue) {
        if (queue.flight().hasAgain()) {
            waiting.add(queue);
        }
    }

    // ---- time

    private void expire(long now) {
        allQueues.accept(queue -> expire(queue, now));
        lanes.values().forEach(each -> giveUpSilent(each, now));
    }

    /** Gives up the stream to a broker that does not answer: at last after a request's time, and before that where another broker leads a partition that waits there. */
    private void giveUpSilent(BrokerLane lane, long now) {
        long silent = now - lane.oldestNanos(now);
        if (silent >= settings.requestNanos()) {
            LOG.warn(
                    "Broker {} has not answered for {} ms: its stream is given up",
                    lane.broker(),
                    TimeUnit.NANOSECONDS.toMillis(settings.requestNanos()));
            lane.abandon("no answer in time");
        } else if (silent >= SILENCE_NANOS) {
            boolean deposed = false;
            for (BrokerLane.Part part : lane.oldest()) {
                PartitionQueue queue = part.queue();
                BrokerAddress leader = cluster.leader(queue.topic(), queue.partition());
                deposed |= leader != null && !leader.equals(lane.broker());
                cluster.onSilent(queue.topic(), lane.broker());
            }
            if (deposed) {
                LOG.debug("Broker {} does not answer, and another one leads by now", lane.broker());
                lane.abandon("another broker leads by now");
            }
        }
    }

    private void expire(PartitionQueue queue, long now) {
        PartitionFlight flight = queue.flight();
        if (!flight.isIdle()) {
            for (OutboundBatch batch : flight.expired(now)) {
                boolean unknown = flight.isInFlight(batch) || batch.maybeWritten();
                flight.remove(batch);
                if (!unknown && batch.session() != null) {
                    flight.breakAfter(batch.order());
                }
                ends.failed(batch, expired(queue, batch, unknown), false);
            }
        }
        if (flight.isIdle()) {
            for (OutboundBatch batch = queue.takeExpired(now); batch != null; batch = queue.takeExpired(now)) {
                ends.failed(batch, expired(queue, batch, false), true);
            }
        }
    }

    private Fault expired(PartitionQueue queue, OutboundBatch batch, boolean unknown) {
        Fault last = batch.lastFault() != null ? batch.lastFault() : refusal;
        String message =
                "not acknowledged within " + TimeUnit.NANOSECONDS.toMillis(settings.deliveryNanos()) + " ms, after "
                        + batch.attempts() + " attempts"
                        + (last == null ? "" : "; the last failed with " + last.code() + ": " + last.message());
        return new Fault(
                ErrorCode.DEADLINE_EXCEEDED,
                message,
                queue.toString(),
                unknown ? Effect.UNKNOWN : Effect.NOT_WRITTEN,
                null);
    }

    private void sleep(long now) {
        long until = now + Math.min(LONGEST_SLEEP_NANOS, Math.max(1, nextExpiryNanos - now));
        boolean any = lanes.isEmpty();
        boolean full = false;
        for (BrokerLane lane : lanes.values()) {
            if (lane.isPaused()) {
                until = earlier(until, lane.pausedUntilNanos());
            } else {
                any |= window.isOpen(lane.inFlight(), false);
                full |= window.isOpen(lane.inFlight(), true);
            }
        }
        if (refusal != null && sessionPausedUntilNanos - now > 0) {
            until = earlier(until, sessionPausedUntilNanos);
        }
        for (PartitionQueue queue : waiting) {
            if (queue.flight().isPaused()) {
                until = earlier(until, queue.flight().pausedUntilNanos());
            }
        }
        SenderMailbox.Appetite appetite = any
                ? SenderMailbox.Appetite.ANYTHING
                : full ? SenderMailbox.Appetite.FULL_BATCHES : SenderMailbox.Appetite.EVENTS_ONLY;
        mailbox.sleep(appetite, until - now);
    }

    private static long earlier(long a, long b) {
        return a - b <= 0 ? a : b;
    }

    // ---- the end

    /** Everything that is left ends: what was sent as unknown, the rest with the fault. */
    private void failAll(Fault fault) {
        endedWith = fault;
        allQueues.accept(queue -> {
            queue.close();
            for (OutboundBatch batch : queue.flight().all()) {
                boolean unknown = queue.flight().isInFlight(batch) || batch.maybeWritten();
                queue.flight().remove(batch);
                ends.failed(batch, unknown ? closedMeanwhile(queue, fault) : fault, false);
            }
            for (OutboundBatch batch = queue.take(); batch != null; batch = queue.take()) {
                ends.failed(batch, fault, true);
            }
        });
    }

    /** For an append that came while the sender ended: nobody else would look at the queue again. Any thread. */
    void endLate(PartitionQueue queue) {
        Fault fault = endedWith;
        if (fault != null) {
            queue.close();
            for (OutboundBatch batch = queue.take(); batch != null; batch = queue.take()) {
                ends.failed(batch, fault, true);
            }
        }
    }

    private static Fault closedMeanwhile(PartitionQueue queue, Fault fault) {
        return Fault.unknown(
                ErrorCode.UNKNOWN_OUTCOME,
                queue.toString(),
                "sent, and not acknowledged before the producer ended: " + fault.message());
    }
}
