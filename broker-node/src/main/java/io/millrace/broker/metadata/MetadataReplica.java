package io.millrace.broker.metadata;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.millrace.broker.metadata.ClusterImage.Outcome;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.internal.v1.MetadataEntry;
import io.millrace.replication.Leadership;
import io.millrace.replication.ReplicatedLog;
import io.millrace.replication.state.ShardClock;
import io.millrace.storage.PartitionIndex;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * This broker's replica of the metadata shard: the only proposer of it while it leads. One change is under way at a time (the lock), because changes are
 * rare and small. Any thread may call.
 */
public final class MetadataReplica implements AutoCloseable {
    /** Applied entries between two checkpoints: what a start replays at most. */
    private static final long ENTRIES_PER_CHECKPOINT = 1_000;

    private final ReplicatedLog<MetadataMachine.Applied> log;
    private final MetadataMachine machine;
    private final PartitionIndex index;
    private final LongSupplier nanos;
    private final Duration timeout;
    private final ReentrantLock proposing = new ReentrantLock();

    @GuardedBy("proposing")
    private final ShardClock clock;

    @GuardedBy("proposing")
    private long checkpointedIndex;

    /**
     * @param wallClock read once: the entries' time is at least what it says
     * @param timeout of one change
     */
    public MetadataReplica(
            ReplicatedLog<MetadataMachine.Applied> log,
            MetadataMachine machine,
            PartitionIndex index,
            InstantSource wallClock,
            LongSupplier nanos,
            Duration timeout) {
        this.log = log;
        this.machine = machine;
        this.index = index;
        this.nanos = nanos;
        this.timeout = timeout;
        this.clock = new ShardClock(
                machine.timeMicros(), TimeUnit.MILLISECONDS.toMicros(wallClock.millis()), nanos.getAsLong());
        this.checkpointedIndex = index.applied().raftIndex();
    }

    public ClusterImage image() {
        return machine.image();
    }

    public Leadership leadership() {
        return log.leadership();
    }

    public long appliedIndex() {
        return machine.applied().raftIndex();
    }

    /**
     * Makes a change, on the leader only; blocks until it is applied, for at most the timeout. Failures are {@link FaultException}s: the refusal of the change,
     * NOT_LEADER, or UNKNOWN_OUTCOME.
     */
    public MetadataChange change(MetadataEntry.Builder entry) {
        proposing.lock();
        try {
            Leadership leadership = log.leadership();
            if (!leadership.leading()) {
                throw notLeading(leadership);
            }
            clock.heard(machine.timeMicros(), nanos.getAsLong());
            byte[] body = entry.setFormat(1)
                    .setTimeMicros(clock.now(nanos.getAsLong()))
                    .build()
                    .toByteArray();
            MetadataMachine.Applied applied = propose(leadership.term(), body);
            if (applied.outcome() instanceof Outcome.Refused refused) {
                throw refused.fault().asException();
            }
            return new MetadataChange(
                    applied.image().version(),
                    applied.outcome() instanceof Outcome.Changed changed ? changed.producerIds() : -1);
        } finally {
            proposing.unlock();
        }
    }

    private static FaultException notLeading(Leadership leadership) {
        return leadership.leaderBroker() < 0
                ? Fault.of(ErrorCode.SHARD_UNAVAILABLE, "shard/0", "The metadata shard has no ready leader here yet.")
                        .asException()
                : Fault.of(
                                ErrorCode.NOT_LEADER,
                                "shard/0",
                                "Broker " + leadership.leaderBroker() + " leads the metadata shard.")
                        .asException();
    }

    @GuardedBy("proposing")
    private MetadataMachine.Applied propose(long term, byte[] body) {
        long seq = machine.nextSequence(term);
        try {
            MetadataMachine.Applied applied = log.propose(new ReplicatedLog.Proposal(term, seq, body, 0, List.of()))
                    .get(timeout.toNanos(), TimeUnit.NANOSECONDS);
            checkpointWhenDue();
            return applied;
        } catch (TimeoutException e) {
            throw new FaultException(
                    Fault.unknown(
                            ErrorCode.UNKNOWN_OUTCOME,
                            "shard/0",
                            "The metadata change was not confirmed in time; it may still happen."),
                    e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof FaultException fault) {
                throw new FaultException(fault.fault(), e);
            }
            throw new FaultException(
                    Fault.unknown(ErrorCode.UNKNOWN_OUTCOME, "shard/0", "The metadata change failed: " + e.getCause()),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FaultException(
                    Fault.unknown(ErrorCode.UNKNOWN_OUTCOME, "shard/0", "The wait for a metadata change was cut off."),
                    e);
        }
    }

    /** For replicas that only follow: they propose nothing, and are checkpointed now and then. */
    public void checkpointNow() {
        proposing.lock();
        try {
            checkpointWhenDue();
        } finally {
            proposing.unlock();
        }
    }

    @GuardedBy("proposing")
    private void checkpointWhenDue() {
        long applied = machine.applied().raftIndex();
        if (applied - checkpointedIndex >= ENTRIES_PER_CHECKPOINT) {
            index.flush();
            log.checkpointed(applied);
            checkpointedIndex = applied;
        }
    }

    /** Makes the rows durable, so that the next start replays nothing. The log and the index are closed by their owner. */
    @Override
    public void close() {
        proposing.lock();
        try {
            index.flush();
        } finally {
            proposing.unlock();
        }
    }
}
