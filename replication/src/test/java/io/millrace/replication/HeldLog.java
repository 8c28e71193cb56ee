package io.millrace.replication;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.replication.state.EntryResult;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A replicated log whose proposals wait until the test says what becomes of the oldest. Thread safe. */
final class HeldLog implements ReplicatedLog<EntryResult> {
    private record Held(Proposal proposal, CompletableFuture<EntryResult> future) {}

    private final ReplicatedLog<EntryResult> log;

    @GuardedBy("this")
    private final Deque<Held> held = new ArrayDeque<>();

    @GuardedBy("this")
    private final List<Proposal> proposals = new ArrayList<>();

    @GuardedBy("this")
    private boolean open;

    HeldLog(ReplicatedLog<EntryResult> log) {
        this.log = log;
    }

    @Override
    public CompletableFuture<EntryResult> propose(Proposal proposal) {
        CompletableFuture<EntryResult> future = new CompletableFuture<>();
        synchronized (this) {
            proposals.add(proposal);
            if (!open) {
                held.add(new Held(proposal, future));
                return future;
            }
        }
        return log.propose(proposal);
    }

    synchronized List<Proposal> proposals() {
        return List.copyOf(proposals);
    }

    synchronized int waiting() {
        return held.size();
    }

    private synchronized Held take() {
        return held.remove();
    }

    /** From now on nothing waits; what does goes on. */
    void open() {
        synchronized (this) {
            open = true;
        }
        while (waiting() > 0) {
            release();
        }
    }

    void release() {
        Held oldest = take();
        forward(log.propose(oldest.proposal()), oldest.future());
    }

    /** The entry enters the log and is applied, but whoever proposed it hears nothing of it. */
    void loseAfterApply() {
        Held oldest = take();
        log.propose(oldest.proposal()).join();
        oldest.future().completeExceptionally(unknown());
    }

    void refuse() {
        take().future()
                .completeExceptionally(Fault.of(ErrorCode.NOT_LEADER, "", "refused by the test")
                        .asException());
    }

    private static io.millrace.error.FaultException unknown() {
        return Fault.unknown(ErrorCode.UNKNOWN_OUTCOME, "", "lost by the test").asException();
    }

    private static void forward(CompletableFuture<EntryResult> from, CompletableFuture<EntryResult> to) {
        var unused = from.whenComplete((result, failure) -> {
            if (failure == null) {
                to.complete(result);
            } else {
                to.completeExceptionally(failure);
            }
        });
    }

    @Override
    public Leadership leadership() {
        return log.leadership();
    }

    @Override
    public long payloadFloor() {
        return log.payloadFloor();
    }

    @Override
    public long firstIndex() {
        return log.firstIndex();
    }

    @Override
    public void checkpointed(long raftIndex) {
        log.checkpointed(raftIndex);
    }

    @Override
    public void close() {
        List<Held> lost;
        synchronized (this) {
            lost = List.copyOf(held);
            held.clear();
        }
        lost.forEach(each -> each.future().completeExceptionally(unknown()));
        log.close();
    }
}
