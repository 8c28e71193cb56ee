package io.millrace.replication.ratis;

import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.replication.ReplicatedLog.Proposal;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The proposals of one shard that wait for their result, by (term, seq): their payload until it is in the shard log, their future until
 * the entry is applied. Bounded by count; bytes in flight are bounded by the proposer.
 *
 * <p>How a proposal fails depends on how far it got: before it {@link Stage#ENTERED} the log it surely was not written, and once it
 * failed so it can no longer enter; after that its outcome is unknown. Thread safe.
 *
 * @param <R> what applying an entry answers
 */
final class Proposals<R> {
    /** How many may wait at once; a proposer keeps two in flight. */
    static final int LIMIT = 64;

    /** How far a proposal got. */
    enum Stage {
        /** Not in the log; it may fail as not written. */
        WAITING,
        /** Raft's log thread is putting it into the log; for microseconds. */
        ENTERING,
        /** In the log, its payload in the tail of the shard log. */
        ENTERED,
        /** Its future is completed. */
        DONE
    }

    private record Key(long term, long seq) {}

    /** One proposal. */
    static final class Pending<R> {
        private final Proposal proposal;
        private final long sinceNanos;
        private final CompletableFuture<R> future = new CompletableFuture<>();
        private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.WAITING);
        private volatile long raftIndex = -1;

        private Pending(Proposal proposal, long sinceNanos) {
            this.proposal = proposal;
            this.sinceNanos = sinceNanos;
        }

        Proposal proposal() {
            return proposal;
        }

        CompletableFuture<R> future() {
            return future;
        }

        /** False: it has failed already and must not enter the log. */
        boolean entering() {
            return stage.compareAndSet(Stage.WAITING, Stage.ENTERING);
        }

        /** Raft refused it after {@link #entering}: it may fail as not written again. */
        void refused() {
            stage.compareAndSet(Stage.ENTERING, Stage.WAITING);
        }

        void entered(long index) {
            raftIndex = index;
            stage.compareAndSet(Stage.ENTERING, Stage.ENTERED);
        }
    }

    private final String resource;
    private final ConcurrentMap<Key, Pending<R>> pending = new ConcurrentHashMap<>();

    /** @param resource what faults say they are about */
    Proposals(String resource) {
        this.resource = resource;
    }

    /**
     * Takes a proposal in.
     *
     * @throws FaultException OVERLOADED, or NOT_LEADER where its place is taken; nothing is written
     */
    Pending<R> add(Proposal proposal, long nowNanos) {
        if (pending.size() >= LIMIT) {
            String message = LIMIT + " proposals wait already";
            throw Fault.of(ErrorCode.OVERLOADED, resource, message).asException();
        }
        Pending<R> added = new Pending<>(proposal, nowNanos);
        if (pending.putIfAbsent(new Key(proposal.term(), proposal.seq()), added) != null) {
            String message = "entry " + proposal.seq() + " of term " + proposal.term() + " was proposed before";
            throw Fault.of(ErrorCode.NOT_LEADER, resource, message).asException();
        }
        return added;
    }

    int size() {
        return pending.size();
    }

    /** Completes the proposal that became the entry at {@code raftIndex}, where it is one of ours. */
    void applied(long term, long seq, long raftIndex, R result) {
        Pending<R> done = pending.get(new Key(term, seq));
        if (done != null && done.raftIndex == raftIndex) {
            done.stage.set(Stage.DONE);
            remove(done);
            done.future.complete(result);
        }
    }

    /** Fails a proposal: with {@code code} where it did not enter the log, else as unknown. */
    void fail(Pending<R> failed, ErrorCode code, String message, @Nullable Throwable cause) {
        Fault fault = null;
        if (failed.stage.compareAndSet(Stage.WAITING, Stage.DONE)) {
            fault = Fault.of(code, resource, message);
        } else if (failed.stage.compareAndSet(Stage.ENTERED, Stage.DONE)) {
            fault = Fault.unknown(ErrorCode.UNKNOWN_OUTCOME, resource, message);
        }
        if (fault != null) {
            remove(failed);
            failed.future.completeExceptionally(cause == null ? fault.asException() : new FaultException(fault, cause));
        }
    }

    /** Fails all of them. One that is entering the log right now is left; the caller comes back for it. */
    void failAll(ErrorCode code, String message, @Nullable Throwable cause) {
        for (Pending<R> each : pending.values()) {
            fail(each, code, message, cause);
        }
    }

    /** Fails those that wait since before {@code sinceNanos}. */
    void expire(long sinceNanos) {
        for (Pending<R> each : pending.values()) {
            if (each.sinceNanos - sinceNanos < 0) {
                fail(each, ErrorCode.SHARD_UNAVAILABLE, "not decided in time", null);
            }
        }
    }

    private void remove(Pending<R> done) {
        pending.remove(new Key(done.proposal.term(), done.proposal.seq()), done);
    }
}
