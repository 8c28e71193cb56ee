package io.millrace.client.consume;

import io.millrace.client.transport.BrokerAddress;
import io.millrace.error.Fault;
import io.millrace.v1.GroupFence;
import org.jspecify.annotations.Nullable;

/**
 * The state of one partition that is read. Owned by its {@link FetchSession}, under that one's lock.
 *
 * <p>A seek begins a new life: answers to requests of an earlier one are dropped by their {@link #life}.
 */
final class PartitionFetch {
    /** So often in a row another broker is asked without a pause: brokers may name each other in a circle. */
    private static final int MOVES_AT_ONCE = 2;

    private final PartitionId id;
    private final @Nullable GroupFence fence;
    private long life;

    /** The next offset to hand out. */
    private long position;

    /** The next offset to ask for. */
    private long fetchOffset;

    private boolean requested;
    private boolean caughtUp;
    private boolean paused;
    private int failures;
    private boolean waiting;
    private long waitUntilNanos;
    private int movesLeft = MOVES_AT_ONCE;

    /** Where it was asked for last, and whether that one was known to lead then. */
    private @Nullable BrokerAddress at;

    private boolean atLeader;

    private @Nullable Fault failure;
    private @Nullable Fault trouble;
    private long troubleSinceNanos;
    private long logEnd = -1;
    private int leaderEpoch = -1;

    PartitionFetch(PartitionId id, @Nullable GroupFence fence, long position) {
        this.id = id;
        this.fence = fence;
        this.position = position;
        this.fetchOffset = position;
    }

    PartitionId id() {
        return id;
    }

    @Nullable
    GroupFence fence() {
        return fence;
    }

    long life() {
        return life;
    }

    long position() {
        return position;
    }

    long fetchOffset() {
        return fetchOffset;
    }

    void seek(long offset) {
        life++;
        position = offset;
        fetchOffset = offset;
        requested = false;
        caughtUp = false;
        failures = 0;
        waiting = false;
        failure = null;
        trouble = null;
        leaderEpoch = -1;
    }

    /** Whether to ask for it now: not during the pause after a failure, unless a leader has become known since. */
    boolean mayAsk(long nowNanos, BrokerAddress to, @Nullable BrokerAddress leader) {
        if (requested || paused || failure != null) {
            return false;
        }
        boolean moved = to.equals(leader) && !(to.equals(at) && atLeader);
        return !waiting || nowNanos - waitUntilNanos >= 0 || (moved && movesLeft > 0);
    }

    void asked(BrokerAddress of, boolean leads, long nowNanos) {
        if (waiting) {
            movesLeft = nowNanos - waitUntilNanos >= 0 ? Math.max(movesLeft, 1) : movesLeft - 1;
        }
        at = of;
        atLeader = leads;
        requested = true;
        waiting = false;
    }

    /** The request is answered, or lost. */
    void answered() {
        requested = false;
    }

    /** Nothing was there, or the end was reached: the next request may have to wait. */
    boolean isCaughtUp() {
        return caughtUp;
    }

    void fetched(long nextOffset, long end) {
        fetchOffset = nextOffset;
        caughtUp = nextOffset >= end;
        settle(end);
    }

    void nothingNew() {
        caughtUp = true;
        succeeded();
    }

    void settle(long end) {
        logEnd = end;
        succeeded();
    }

    private void succeeded() {
        failures = 0;
        movesLeft = MOVES_AT_ONCE;
        trouble = null;
    }

    void handedOut(long nextOffset, int epoch) {
        position = nextOffset;
        leaderEpoch = epoch;
    }

    void skippedTo(long nextOffset) {
        position = Math.max(position, nextOffset);
    }

    int countFailure(Fault why, long nowNanos) {
        if (trouble == null) {
            troubleSinceNanos = nowNanos;
        }
        trouble = why;
        return ++failures;
    }

    void waitUntil(long nanos) {
        waiting = true;
        waitUntilNanos = nanos;
    }

    /** When it may be asked again; {@code otherwise} where nothing is in the way. */
    long waitsUntilNanos(long otherwise) {
        return waiting && !requested ? waitUntilNanos : otherwise;
    }

    void fail(Fault why) {
        failure = why;
    }

    @Nullable
    Fault failure() {
        return failure;
    }

    /** Why nothing comes, where that may mend itself. */
    @Nullable
    Fault trouble() {
        return trouble;
    }

    /** The trouble, if it has lasted for so long. */
    @Nullable
    Fault lastingTrouble(long nowNanos, long lastsNanos) {
        return trouble != null && nowNanos - troubleSinceNanos >= lastsNanos ? trouble : null;
    }

    void pause(boolean on) {
        paused = on;
    }

    boolean isPaused() {
        return paused;
    }

    /** -1: not told yet. */
    long logEnd() {
        return logEnd;
    }

    /** Of the last record handed out; -1: none. */
    int leaderEpoch() {
        return leaderEpoch;
    }
}
