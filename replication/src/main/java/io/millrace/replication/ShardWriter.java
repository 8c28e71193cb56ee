package io.millrace.replication;

import io.millrace.error.Effect;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.replication.WriteRequest.Append;
import io.millrace.replication.WriteRequest.Command;
import io.millrace.replication.state.EntryResult;
import io.millrace.replication.state.Sequencer;
import io.millrace.replication.state.ShardClock;
import io.millrace.storage.PartitionIndex;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The only proposer of a shard: one thread takes what waits, gives it offsets, and proposes it as one entry; load makes its batches. An idle
 * shard proposes at once; while an entry is in flight a small one waits a little for company.
 *
 * <p>How an entry ends: <em>applied</em>: its requests succeed. <em>Not written</em> because it was not next: its requests go back to the
 * front of the queue and are given offsets anew, once everything in flight is settled; so a rejection leaves no gap. <em>Unknown</em>: its
 * requests fail as unknown, and nothing is proposed until the entry is seen applied or the term has passed, since it may still count.
 * When the term changes, what is known about entries in flight is void, and offsets start from the applied state.
 *
 * <p>{@link #submit} and {@link #stop} may be called by any thread; futures complete on the writer's thread: what hangs on them must be short.
 */
final class ShardWriter {
    private static final Logger log = LoggerFactory.getLogger(ShardWriter.class);

    /** An entry's header stays below what the log takes, 128 KiB. */
    static final int MAX_HEADER_BYTES = 100 << 10;

    private static final int PART_BYTES = 88;
    private static final long FOREVER = TimeUnit.SECONDS.toNanos(10);
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final long MAX_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final String resource;
    private final ShardConfig config;
    private final ShardMachine machine;
    private final ReplicatedLog<EntryResult> replicatedLog;
    private final ShardClock clock;
    private final LongSupplier nanoTime;
    private final ShardListener listener;
    private final WriteQueue queue;
    private final Thread thread;

    // Of the writer thread:
    private final AppliedReads applied;
    private final Sequencer sequencer;
    private final Deque<EntryDraft> inFlight = new ArrayDeque<>();
    private final List<EntryDraft> refused = new ArrayList<>();
    private int orphans;
    private long term = -1;
    private long nextSeq;
    private long lastEntered = -1;
    private boolean recovering;
    private long lastProposedNanos;
    private long pauseNanos;
    private boolean pausing;

    private volatile int entriesInFlight;

    ShardWriter(
            int shard,
            ShardConfig config,
            ShardMachine machine,
            PartitionIndex index,
            ReplicatedLog<EntryResult> replicatedLog,
            ShardClock clock,
            LongSupplier nanoTime,
            ShardListener listener) {
        this.resource = "shard/" + shard;
        this.config = config;
        this.machine = machine;
        this.replicatedLog = replicatedLog;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.listener = listener;
        this.queue = new WriteQueue(config.queueBytes(), config.queueRequests(), nanoTime);
        this.applied = new AppliedReads(machine.table(), index);
        this.sequencer = new Sequencer(applied);
        this.thread = new Thread(this::run, "shard-" + shard + "-writer");
        this.thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Takes a request in, or fails it. */
    void submit(WriteRequest request) {
        if (request instanceof Command && request.sizeInBytes() > MAX_HEADER_BYTES) {
            request.fail(Fault.of(
                    ErrorCode.INVALID_REQUEST,
                    request.resource(),
                    "the command is too large for one entry",
                    new Fault.LimitHit("shard.command.bytes", MAX_HEADER_BYTES, request.sizeInBytes())));
            return;
        }
        Fault refusal = queue.offer(request);
        if (refusal != null) {
            request.fail(refusal);
        }
    }

    /** Something that the writer may wait for has changed. */
    void poke() {
        queue.poke();
    }

    /** Refuses what comes and what waits. What is in flight ends as it ends. */
    void stop(Fault why) {
        queue.close(why);
    }

    /** Waits until everything in flight has ended, after {@link #stop}. False: it took longer. */
    boolean awaitEnd(long timeoutMillis) throws InterruptedException {
        thread.join(timeoutMillis);
        return !thread.isAlive();
    }

    int queuedRequests() {
        return queue.size();
    }

    long queuedBytes() {
        return queue.bytes();
    }

    int entriesInFlight() {
        return entriesInFlight;
    }

    private void run() {
        try {
            while (true) {
                queue.takeTasks().forEach(Runnable::run);
                expire();
                Fault closed = queue.closedWhy();
                if (closed == null) {
                    step();
                } else if (finish(closed)) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            abandon("the writer of the shard was interrupted", e);
        } catch (RuntimeException | Error e) {
            abandon("the writer of the shard failed", e);
        }
    }

    private void expire() {
        for (WriteRequest request : queue.expired(nanoTime.getAsLong())) {
            request.fail(Fault.of(
                    ErrorCode.DEADLINE_EXCEEDED, request.resource(), "the deadline passed before it was proposed"));
        }
    }

    /** True: nothing is in flight any more. */
    private boolean finish(Fault closed) throws InterruptedException {
        requeueRefused();
        queue.drain().forEach(request -> request.fail(closed));
        if (inFlight.isEmpty() && orphans == 0) {
            return true;
        }
        queue.await(Long.MAX_VALUE, FOREVER);
        return false;
    }

    private void abandon(String what, Throwable cause) {
        log.error("{}: {}", resource, what, cause);
        Fault fault = Fault.of(ErrorCode.SHARD_UNAVAILABLE, resource, what);
        queue.close(fault);
        requeueRefused();
        queue.drain().forEach(request -> request.fail(fault));
        for (EntryDraft entry : inFlight) {
            entry.requests().forEach(request -> request.fail(lostSight(request)));
        }
    }

    private static Fault lostSight(WriteRequest request) {
        return Fault.unknown(ErrorCode.UNKNOWN_OUTCOME, request.resource(), "the proposal was lost from sight");
    }

    /** One decision: propose, or wait for what is missing. */
    private void step() throws InterruptedException {
        Leadership leadership = machine.leadership();
        if (!leadership.leading()) {
            requeueRefused();
            Fault fault = notLeading(leadership);
            queue.drain().forEach(request -> request.fail(fault));
            queue.await(0, FOREVER);
            return;
        }
        if (leadership.term() != term) {
            begin(leadership.term());
        }
        if (recovering && !recover()) {
            return;
        }
        if (pausing) {
            pausing = false; // anything that wakes the writer ends the pause early, which does no harm
            queue.await(Long.MAX_VALUE, pauseNanos);
            return;
        }
        if (inFlight.size() >= config.entriesInFlight()) {
            queue.await(Long.MAX_VALUE, FOREVER);
            return;
        }
        if (queue.size() == 0) {
            queue.await(0, FOREVER);
            return;
        }
        if (!inFlight.isEmpty() && queue.bytes() < config.paceBytes()) {
            long left = lastProposedNanos + config.paceNanos() - nanoTime.getAsLong();
            if (left > 0) {
                queue.await(config.paceBytes(), left);
                return;
            }
        }
        propose();
    }

    private Fault notLeading(Leadership leadership) {
        return leadership.leaderId() == null
                ? Fault.of(ErrorCode.SHARD_UNAVAILABLE, resource, "the shard has no leader now")
                : Fault.of(ErrorCode.NOT_LEADER, resource, "broker " + leadership.leaderId() + " leads the shard");
    }

    /** A new term: all entries of earlier ones that count are applied. */
    private void begin(long newTerm) {
        requeueRefused();
        orphans += inFlight.size();
        inFlight.clear();
        entriesInFlight = 0;
        sequencer.reset();
        term = newTerm;
        nextSeq = 0;
        lastEntered = -1;
        recovering = false;
        pausing = false;
        pauseNanos = 0;
    }

    /** True: what was refused is back in the queue, and offsets start from the applied state. */
    private boolean recover() throws InterruptedException {
        if (!inFlight.isEmpty()) {
            queue.await(Long.MAX_VALUE, FOREVER);
            return false;
        }
        if (lastEntered >= 0 && !machine.tail().isApplied(term, lastEntered)) {
            queue.await(Long.MAX_VALUE, POLL_NANOS);
            return false;
        }
        requeueRefused();
        sequencer.reset();
        nextSeq = lastEntered + 1;
        recovering = false;
        return true;
    }

    private void requeueRefused() {
        refused.sort(Comparator.comparingLong(EntryDraft::seq));
        for (int i = refused.size() - 1; i >= 0; i--) {
            queue.putBack(refused.get(i).requests());
        }
        refused.clear();
    }

    private void propose() {
        long now = nanoTime.getAsLong();
        clock.heard(machine.timeMicros(), now);
        EntryDraft entry = new EntryDraft(term, nextSeq, clock.now(now));
        applied.refresh();
        try {
            fill(entry);
        } finally {
            applied.refresh();
        }
        if (entry.isEmpty()) {
            return;
        }
        long number = sequencer.seal();
        nextSeq++;
        inFlight.addLast(entry);
        entriesInFlight = inFlight.size();
        lastProposedNanos = now;
        listener.proposed(entry.size(), entry.payloadBytes(), now - entry.oldestQueuedNanos());
        CompletableFuture<EntryResult> outcome;
        try {
            outcome = replicatedLog.propose(entry.propose(now));
        } catch (RuntimeException e) {
            outcome = CompletableFuture.failedFuture(e);
        }
        long proposedTerm = term;
        var unused = outcome.whenComplete(
                (result, failure) -> queue.addTask(() -> settle(entry, proposedTerm, number, result, failure)));
    }

    private void fill(EntryDraft entry) {
        int headerBytes = 0;
        while (entry.size() < config.entryParts() && headerBytes < MAX_HEADER_BYTES - PART_BYTES) {
            long room = entry.isEmpty() ? Long.MAX_VALUE : config.entryBytes() - entry.payloadBytes();
            WriteRequest request = queue.poll(room);
            if (request == null) {
                return;
            }
            if (request instanceof Append append) {
                place(append, entry);
                headerBytes += PART_BYTES;
            } else if (request instanceof Command command) {
                if (headerBytes + command.sizeInBytes() > MAX_HEADER_BYTES) {
                    queue.putBack(List.of(command));
                    return;
                }
                sequencer.note(command.command());
                entry.add(command);
                headerBytes += command.sizeInBytes();
            } else {
                throw new AssertionError("a request that nobody places: " + request);
            }
        }
    }

    private void place(Append append, EntryDraft entry) {
        Sequencer.Assignment assignment =
                sequencer.assign(append.partition(), append.header(), term, entry.timeMicros());
        if (assignment instanceof Sequencer.Assigned assigned) {
            entry.add(append, assigned.part());
        } else if (assignment instanceof Sequencer.Duplicate duplicate) {
            EntryDraft last = entry.isEmpty() ? inFlight.peekLast() : entry;
            if (duplicate.applied() || last == null) {
                append.future().complete(new Appended(duplicate.baseOffset(), true, duplicate.logStart()));
            } else {
                last.ride(append, duplicate.baseOffset(), duplicate.logStart());
            }
        } else if (assignment instanceof Sequencer.Rejected rejected) {
            append.fail(Fault.of(rejected.code(), append.resource(), rejected.reason()));
        } else {
            throw new AssertionError("an assignment that nobody takes: " + assignment);
        }
    }

    /** An entry has ended, on whatever thread; this runs on the writer's. */
    private void settle(
            EntryDraft entry,
            long proposedTerm,
            long number,
            @Nullable EntryResult result,
            @Nullable Throwable failure) {
        boolean current = proposedTerm == term && inFlight.remove(entry);
        if (!current) {
            orphans--;
        }
        entriesInFlight = inFlight.size();
        listener.settled(result != null, nanoTime.getAsLong() - entry.proposedNanos());
        if (result != null) {
            if (current) {
                entered(entry);
                sequencer.applied(number);
                pauseNanos = 0;
            }
            entry.succeed(result);
            return;
        }
        Fault fault = faultOf(failure);
        recovering |= current;
        if (fault.effect() != Effect.NOT_WRITTEN) {
            log.warn("{}: the outcome of an entry is unknown: {}", resource, fault.message());
            if (current) {
                entered(entry);
            }
            entry.requests()
                    .forEach(request -> request.fail(
                            new Fault(fault.code(), fault.message(), request.resource(), fault.effect(), null)));
        } else if (current && fault.code() == ErrorCode.NOT_LEADER) {
            refused.add(entry);
            pausing = true;
            pauseNanos = Math.min(MAX_PAUSE_NANOS, Math.max(pauseNanos * 2, TimeUnit.MICROSECONDS.toNanos(100)));
        } else {
            entry.requests().forEach(request -> request.fail(fault));
        }
    }

    private void entered(EntryDraft entry) {
        lastEntered = Math.max(lastEntered, entry.seq());
    }

    private Fault faultOf(@Nullable Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof FaultException known) {
            return known.fault();
        }
        log.error("{}: a proposal failed in an unexpected way", resource, cause);
        return Fault.unknown(ErrorCode.UNKNOWN_OUTCOME, resource, "the proposal failed: " + cause);
    }
}
