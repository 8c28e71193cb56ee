package io.millrace.replication.local;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.replication.Leadership;
import io.millrace.replication.ReplicatedLog;
import io.millrace.replication.ReplicatedMachine;
import io.millrace.storage.LogPosition;
import io.millrace.storage.ShardLog;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A replicated log without replicas and without a Raft log: payloads go to the shard log and are forced there, bodies stay in memory. It
 * serves tests of what stands above a {@link ReplicatedLog}; nothing but the payloads survives it.
 *
 * <p>{@link #propose} does everything on the caller's thread: append, flush, apply, completion. Thread safe by one lock, so it is no place
 * to find races of the real thing. A hook may refuse, fail or halt an entry at each {@link Step}.
 *
 * @param <R> what applying an entry answers
 */
public final class LocalReplicatedLog<R> implements ReplicatedLog<R> {
    private static final String LEADER_ID = "local";

    /** Where a proposal stands when a {@link Hook} is asked about it. */
    public enum Step {
        /** Nothing has happened yet. */
        PROPOSED,
        /** The payload is in the tail of the shard log. */
        APPENDED,
        /** The payload is durable. */
        FLUSHED,
        /** The machine has applied the entry; its future is still open. */
        APPLIED
    }

    /** What becomes of a proposal. */
    public enum Verdict {
        GO_ON,
        /** Refuse it with NOT_LEADER, nothing written. Only at {@link Step#PROPOSED}. */
        REFUSE,
        /**
         * As in a crash of the process: nothing further happens to this entry, its future fails as unknown, and the log takes no more
         * proposals. A new log over the same shard log and machine is the restart.
         */
        CRASH
    }

    /** Asked at each step of each proposal, under the log's lock. */
    @FunctionalInterface
    public interface Hook {
        Verdict at(Step step, Proposal proposal);

        Hook NONE = (step, proposal) -> Verdict.GO_ON;

        /** Refuses the n-th, 2n-th, ... proposal. */
        static Hook refuseEvery(int n) {
            return new Hook() {
                private int proposals;

                @Override
                public Verdict at(Step step, Proposal proposal) {
                    return step == Step.PROPOSED && ++proposals % n == 0 ? Verdict.REFUSE : Verdict.GO_ON;
                }
            };
        }

        /** Crashes at a step of the n-th proposal. */
        static Hook crashAt(Step crash, int n) {
            return new Hook() {
                private int proposals;

                @Override
                public Verdict at(Step step, Proposal proposal) {
                    if (step == Step.PROPOSED) {
                        proposals++;
                    }
                    return step == crash && proposals == n ? Verdict.CRASH : Verdict.GO_ON;
                }
            };
        }
    }

    /** An entry as it was applied. */
    public record Entry(long term, long raftIndex, Proposal proposal) {}

    private final ShardLog shardLog;
    private final ReplicatedMachine<R> machine;
    private final Hook hook;

    @GuardedBy("this")
    private final List<Entry> entries = new ArrayList<>();

    @GuardedBy("this")
    private long term;

    @GuardedBy("this")
    private long lastIndex;

    @GuardedBy("this")
    private LogPosition logEnd;

    @GuardedBy("this")
    private long firstIndex;

    @GuardedBy("this")
    private boolean leading = true;

    @GuardedBy("this")
    private boolean stopped;

    private LocalReplicatedLog(ShardLog shardLog, ReplicatedMachine<R> machine, long term, Hook hook) {
        this.shardLog = shardLog;
        this.machine = machine;
        this.hook = hook;
        this.term = term;
        this.lastIndex = machine.applied().raftIndex();
        this.firstIndex = lastIndex + 1;
        this.logEnd = machine.applied().logEnd();
    }

    /** Opens above what the machine has applied, as the leader of a term above the applied one. Frames above are forgotten. */
    public static <R> LocalReplicatedLog<R> open(ShardLog shardLog, ReplicatedMachine<R> machine) {
        return open(shardLog, machine, machine.applied().term() + 1, Hook.NONE);
    }

    /** Opens as the leader of {@code term}, which must lie above the applied one. */
    public static <R> LocalReplicatedLog<R> open(
            ShardLog shardLog, ReplicatedMachine<R> machine, long term, Hook hook) {
        if (term <= machine.applied().term()) {
            throw new IllegalArgumentException("term " + term + " is not above " + machine.applied());
        }
        LocalReplicatedLog<R> log = new LocalReplicatedLog<>(shardLog, machine, term, hook);
        shardLog.forget(machine.applied().raftIndex() + 1);
        synchronized (log) {
            log.startTerm(term);
        }
        return log;
    }

    @Override
    public synchronized CompletableFuture<R> propose(Proposal proposal) {
        if (stopped) {
            return refused(ErrorCode.STOPPING, "the log is closed");
        }
        if (!leading) {
            return refused(ErrorCode.NOT_LEADER, "this replica does not lead");
        }
        Verdict first = hook.at(Step.PROPOSED, proposal);
        if (first == Verdict.CRASH) {
            return crashed(Step.PROPOSED);
        }
        if (first == Verdict.REFUSE || proposal.term() != term || !machine.admits(proposal.term(), proposal.seq())) {
            return refused(ErrorCode.NOT_LEADER, "entry " + proposal.seq() + " is not next in term " + term);
        }
        return commit(proposal);
    }

    @GuardedBy("this")
    private CompletableFuture<R> commit(Proposal proposal) {
        long raftIndex = lastIndex + 1;
        boolean hasPayload = !proposal.payload().isEmpty();
        if (hasPayload) {
            shardLog.append(term, raftIndex, proposal.payloadCrc(), proposal.payload());
        }
        lastIndex = raftIndex;
        if (hook.at(Step.APPENDED, proposal) == Verdict.CRASH) {
            return crashed(Step.APPENDED);
        }
        if (hasPayload) {
            shardLog.flush();
        }
        if (hook.at(Step.FLUSHED, proposal) == Verdict.CRASH) {
            return crashed(Step.FLUSHED);
        }
        ShardLog.@Nullable Frame frame = hasPayload ? shardLog.find(term, raftIndex) : null;
        if (hasPayload && frame == null) {
            throw new IllegalStateException("the shard log lost the frame of entry " + raftIndex + " of term " + term);
        }
        if (frame != null) {
            logEnd = frame.end();
        }
        R result;
        try {
            result = machine.apply(term, raftIndex, proposal.body(), frame == null ? null : frame.payload(), logEnd);
        } catch (RuntimeException e) {
            stopped = true; // quarantined, as the machine's contract says
            Fault fault = Fault.unknown(ErrorCode.UNKNOWN_OUTCOME, "", "applying entry " + raftIndex + " failed");
            return CompletableFuture.failedFuture(new FaultException(fault, e));
        }
        shardLog.applied(raftIndex);
        entries.add(new Entry(term, raftIndex, proposal));
        if (hook.at(Step.APPLIED, proposal) == Verdict.CRASH) {
            return crashed(Step.APPLIED);
        }
        return CompletableFuture.completedFuture(result);
    }

    /** Leads in the next term from now on: what was proposed for an older one is refused. */
    public synchronized void bumpTerm() {
        startTerm(term + 1);
    }

    /** Stops leading, as if another replica had won {@code term + 1}; {@link #bumpTerm} leads again. */
    public synchronized void loseLeadership() {
        term++;
        leading = false;
        machine.onLeadership(new Leadership(term, false, null));
    }

    @GuardedBy("this")
    private void startTerm(long newTerm) {
        term = newTerm;
        leading = true;
        lastIndex++; // as Raft does: a new leader writes an entry of its own first
        machine.passed(term, lastIndex);
        machine.onLeadership(new Leadership(term, true, LEADER_ID));
    }

    /** What was applied, oldest first, since this log was opened. */
    public synchronized List<Entry> entries() {
        return Collections.unmodifiableList(new ArrayList<>(entries));
    }

    @Override
    public synchronized Leadership leadership() {
        boolean leads = leading && !stopped;
        return new Leadership(term, leads, leads ? LEADER_ID : null);
    }

    @Override
    public synchronized long firstIndex() {
        return firstIndex;
    }

    @Override
    public synchronized long payloadFloor() {
        return firstIndex;
    }

    @Override
    public synchronized void checkpointed(long raftIndex) {
        long first = Math.max(firstIndex, Math.min(raftIndex, lastIndex) + 1);
        firstIndex = first;
        entries.removeIf(entry -> entry.raftIndex() < first);
    }

    @Override
    public synchronized void close() {
        if (!stopped) {
            stopped = true;
            machine.onLeadership(new Leadership(term, false, null));
        }
    }

    @GuardedBy("this")
    private CompletableFuture<R> crashed(Step step) {
        stopped = true;
        FaultException unknown = Fault.unknown(ErrorCode.UNKNOWN_OUTCOME, "", "crashed when " + step)
                .asException();
        return CompletableFuture.failedFuture(unknown);
    }

    private CompletableFuture<R> refused(ErrorCode code, String message) {
        FaultException fault = Fault.of(code, "", message).asException();
        return CompletableFuture.failedFuture(fault);
    }
}
