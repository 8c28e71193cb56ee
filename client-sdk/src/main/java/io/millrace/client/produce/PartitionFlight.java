package io.millrace.client.produce;

import io.millrace.client.transport.BrokerAddress;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The sender's state of one partition: what is under way, what must be sent again, and the sequence. Owned by the sender's thread, except {@link #load}.
 *
 * <p>Order is kept like this: batches get their place and their sequence when they first leave. One that must be sent again waits until all behind it have been answered, too; then they leave again in
 * the old order under the old sequences. Where a batch is known not to be written and is given up, its successors cannot be written either (the broker takes no sequence with a gap): they go
 * on under the next epoch of the producer, which also keeps out what was given up and may still be on its way.
 *
 * <p>All that is under way is at one broker. Where another leads by now, nothing goes there before the first has answered for everything, or has been given up. A batch that failed leaves after a pause,
 * or at once where a leader has become known since; but brokers that name each other in a circle get it so only a few times in a row.
 */
final class PartitionFlight {
    /** So often in a row a batch goes to another broker without a pause. */
    private static final int MOVES_AT_ONCE = 2;

    private final ArrayDeque<OutboundBatch> inFlight = new ArrayDeque<>();
    private final ArrayList<OutboundBatch> again = new ArrayList<>();
    private @Nullable ProducerSession session;
    private int nextSequence;
    private long nextOrder = 1;

    /** Batches with a later place need a new session. */
    private long brokenAfter;

    private boolean broken;
    private boolean sessionAsked;
    private int failures;
    private long pausedUntilNanos;
    private boolean paused;
    private int movesLeft = MOVES_AT_ONCE;

    /** Where batches were sent last, and whether that one was known to lead then. */
    private @Nullable BrokerAddress at;

    private boolean atLeader;

    private volatile int load;

    /** What may leave next. */
    enum Next {
        NOTHING,
        AGAIN,
        NEW,
        /** A new session must be there first. */
        NEEDS_SESSION
    }

    /**
     * What may leave for this broker.
     *
     * @param leads whether it is known to lead the partition
     */
    Next next(long nowNanos, int maxInFlight, BrokerAddress to, boolean leads) {
        if (!inFlight.isEmpty() && !to.equals(at)) {
            return Next.NOTHING;
        }
        if (paused && !endPause(nowNanos, leads && !(to.equals(at) && atLeader))) {
            return Next.NOTHING;
        }
        OutboundBatch oldest = inFlight.peekFirst();
        if (oldest != null && again.isEmpty() && nextOrder - oldest.order() >= maxInFlight) {
            // Counted from the oldest, not by how many are open: answers come in any order, and the broker knows a copy
            // only of the last few batches. One that fell out of these could no longer be told from one that is
            // missing.
            return Next.NOTHING;
        }
        if (!again.isEmpty()) {
            OutboundBatch first = again.get(0);
            OutboundBatch last = inFlight.peekLast();
            if (last != null && last.order() > first.order()) {
                return Next.NOTHING;
            }
            if (!inFlight.isEmpty() && isOutOfOrder(first)) {
                // It is refused until its predecessors are stored.
                return Next.NOTHING;
            }
            if (first.session() == null) {
                return inFlight.isEmpty() ? needOr(Next.AGAIN) : Next.NOTHING;
            }
            return Next.AGAIN;
        }
        if (broken || session == null) {
            return inFlight.isEmpty() ? needOr(Next.NEW) : Next.NOTHING;
        }
        return Next.NEW;
    }

    private boolean endPause(long nowNanos, boolean moved) {
        if (nowNanos - pausedUntilNanos >= 0) {
            movesLeft = Math.max(movesLeft, 1);
        } else if (moved && movesLeft > 0) {
            movesLeft--;
        } else {
            return false;
        }
        paused = false;
        return true;
    }

    private static boolean isOutOfOrder(OutboundBatch batch) {
        Fault last = batch.lastFault();
        return last != null && last.code() == ErrorCode.OUT_OF_ORDER_SEQUENCE;
    }

    private Next needOr(Next next) {
        return broken || session == null ? Next.NEEDS_SESSION : next;
    }

    /** When a pause ends; only meaningful while {@link #isPaused}. */
    long pausedUntilNanos() {
        return pausedUntilNanos;
    }

    boolean isPaused() {
        return paused;
    }

    /** Nothing was ever sent: the producer's first session serves. */
    boolean isFresh() {
        return session == null;
    }

    /** Goes on under the next epoch of the same producer; false: another producer id is needed. */
    boolean beginNextEpoch() {
        ProducerSession next = session == null ? null : session.next();
        if (next == null) {
            return false;
        }
        begin(next);
        return true;
    }

    boolean askSession() {
        boolean ask = !sessionAsked;
        sessionAsked = true;
        return ask;
    }

    void sessionFailed() {
        sessionAsked = false;
    }

    void begin(ProducerSession fresh) {
        sessionAsked = false;
        if (broken || session == null) {
            session = fresh;
            nextSequence = 0;
            broken = false;
        }
    }

    /** The first that must be sent again. */
    OutboundBatch takeAgain(BrokerAddress to, boolean leads) {
        return depart(again.remove(0), to, leads);
    }

    /** A batch leaves for the first time. */
    OutboundBatch departNew(OutboundBatch batch, BrokerAddress to, boolean leads) {
        batch.order(nextOrder++);
        return depart(batch, to, leads);
    }

    private OutboundBatch depart(OutboundBatch batch, BrokerAddress to, boolean leads) {
        at = to;
        atLeader = leads;
        if (batch.session() == null) {
            ProducerSession of = session;
            if (of == null) {
                throw new IllegalStateException("no session");
            }
            batch.sequence(of, nextSequence);
            nextSequence = ProducerSession.advance(nextSequence, batch.recordCount());
        }
        inFlight.addLast(batch);
        load = inFlight.size() + again.size();
        return batch;
    }

    /** The batch has its answer for good. */
    void remove(OutboundBatch batch) {
        if (!inFlight.remove(batch)) {
            again.remove(batch);
        }
        load = inFlight.size() + again.size();
    }

    void succeeded() {
        failures = 0;
        movesLeft = MOVES_AT_ONCE;
    }

    /** The batch must be sent again, after a pause. */
    void sendAgain(OutboundBatch batch) {
        inFlight.remove(batch);
        if (broken && batch.order() > brokenAfter) {
            batch.forgetSequence();
        }
        int at = 0;
        while (at < again.size() && again.get(at).order() < batch.order()) {
            at++;
        }
        again.add(at, batch);
        load = inFlight.size() + again.size();
    }

    int countFailure() {
        return ++failures;
    }

    void pauseUntil(long nanos) {
        paused = true;
        pausedUntilNanos = nanos;
    }

    /** Some batch before this one has no answer yet. */
    boolean hasEarlier(OutboundBatch batch) {
        return inFlight.stream().anyMatch(each -> each.order() < batch.order())
                || again.stream().anyMatch(each -> each.order() < batch.order());
    }

    /** What follows this place is not written, and never will be under the present session. */
    void breakAfter(long order) {
        if (!broken || order < brokenAfter) {
            brokenAfter = order;
        }
        broken = true;
        for (OutboundBatch each : again) {
            if (each.order() > brokenAfter) {
                each.forgetSequence();
            }
        }
    }

    boolean isIdle() {
        return inFlight.isEmpty() && again.isEmpty();
    }

    boolean hasAgain() {
        return !again.isEmpty();
    }

    List<OutboundBatch> expired(long nowNanos) {
        List<OutboundBatch> found = new ArrayList<>();
        for (OutboundBatch each : inFlight) {
            if (nowNanos - each.deadlineNanos() >= 0) {
                found.add(each);
            }
        }
        for (OutboundBatch each : again) {
            if (nowNanos - each.deadlineNanos() >= 0) {
                found.add(each);
            }
        }
        return found;
    }

    boolean isInFlight(OutboundBatch batch) {
        return inFlight.contains(batch);
    }

    List<OutboundBatch> all() {
        List<OutboundBatch> all = new ArrayList<>(inFlight);
        all.addAll(again);
        return all;
    }

    int load() {
        return load;
    }
}
