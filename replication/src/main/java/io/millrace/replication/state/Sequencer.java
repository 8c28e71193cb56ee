package io.millrace.replication.state;

import io.millrace.error.ErrorCode;
import io.millrace.record.BatchHeader;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Gives batches their offsets, and checks the sequences of their producers: against what is applied, overlaid with the entries in flight.
 * Pure; used by one thread.
 *
 * <p>Entries are numbered as they are proposed. What {@link #assign} and {@link #note} are told belongs to the entry under construction until
 * {@link #seal}; {@link #applied} drops the overlay of entries that can now be seen in the applied state; {@link #reset} drops all of it,
 * where entries in flight were lost and everything that was not has been applied.
 *
 * <p>Sequence rules (as Apache Kafka's, but for unknown producers): a batch among the last {@link Producer#BATCHES_KEPT} of its producer is
 * a duplicate; an older epoch is fenced; a new epoch begins at 0; within an epoch sequences follow on without a gap, and after 2^31 - 1
 * comes 0. A producer that is not known begins at 0: else its state has expired, and so has what it could be checked against.
 */
public final class Sequencer {
    /** What has been applied, as far as the sequencer asks. Not older than the last call of {@link Sequencer#applied}. */
    public interface AppliedState {
        @Nullable
        Partition partition(PartitionId id);

        @Nullable
        Producer producer(int partition, long producerId);
    }

    /** What becomes of a batch. */
    public sealed interface Assignment {}

    /** It goes into the entry under construction. */
    public record Assigned(AppendPart part) implements Assignment {}

    /** It was appended before. {@code applied}: that is certain; else it is once everything in flight is applied. */
    public record Duplicate(long baseOffset, long logStart, boolean applied) implements Assignment {}

    /** It must not be appended. */
    public record Rejected(ErrorCode code, String reason) implements Assignment {}

    private record ProducerKey(int partition, long producerId) {}

    private record Overlaid<T>(T state, long entry) {}

    private final AppliedState appliedState;
    private final Map<Integer, Overlaid<Partition>> partitions = new HashMap<>();
    private final Map<ProducerKey, Overlaid<Producer>> producers = new HashMap<>();
    private final Map<UUID, Long> dropped = new HashMap<>();
    private long entry;

    public Sequencer(AppliedState appliedState) {
        this.appliedState = appliedState;
    }

    /** A place for a batch, in Raft term {@code term}, at shard time {@code timeMicros}. */
    public Assignment assign(PartitionId id, BatchHeader batch, long term, long timeMicros) {
        Partition applied = dropped.containsKey(id.topic()) ? null : appliedState.partition(id);
        if (applied == null) {
            return new Rejected(ErrorCode.UNKNOWN_PARTITION, "the partition is not in this shard");
        }
        if ((batch.attributes() & 0x30) != 0) {
            return new Rejected(ErrorCode.INVALID_REQUEST, "transactional and control batches are not taken");
        }
        if (applied.epochBase() + term > Integer.MAX_VALUE) {
            return new Rejected(ErrorCode.INTERNAL, "the leader epochs of the partition are used up");
        }
        Overlaid<Partition> inFlight = partitions.get(applied.handle());
        Partition partition = inFlight == null ? applied : inFlight.state();
        if (batch.lastOffsetDelta() > Long.MAX_VALUE - 1 - partition.logEnd()) {
            return new Rejected(ErrorCode.INVALID_BATCH, "the offsets of the partition are used up");
        }
        AppendPart part = AppendPart.of(batch, partition.handle(), partition.logEnd(), partition.leaderEpochIn(term));
        if (part.isIdempotent()) {
            Assignment refused = sequence(part, partition, timeMicros);
            if (refused != null) {
                return refused;
            }
        }
        partitions.put(partition.handle(), new Overlaid<>(partition.after(part), entry));
        return new Assigned(part);
    }

    /** Checks a batch's sequence and, where it is next, takes note of it. Null: it is next. */
    private @Nullable Assignment sequence(AppendPart part, Partition partition, long timeMicros) {
        ProducerKey key = new ProducerKey(part.partition(), part.producerId());
        Overlaid<Producer> inFlight = producers.get(key);
        Producer known =
                inFlight == null ? appliedState.producer(part.partition(), part.producerId()) : inFlight.state();
        if (known != null && part.producerEpoch() < known.epoch()) {
            return new Rejected(
                    ErrorCode.PRODUCER_FENCED,
                    "producer " + part.producerId() + " has epoch " + known.epoch() + " by now, not "
                            + part.producerEpoch());
        }
        boolean sameEpoch = known != null && part.producerEpoch() == known.epoch();
        if (known != null && sameEpoch) {
            Producer.Batch earlier = known.find(part);
            if (earlier != null) {
                return new Duplicate(earlier.baseOffset(), partition.logStart(), inFlight == null);
            }
        }
        int expected = known != null && sameEpoch ? known.nextSequence() : 0;
        if (part.baseSequence() != expected) {
            return known == null
                    ? new Rejected(
                            ErrorCode.SESSION_EXPIRED,
                            "producer " + part.producerId() + " is not known, but begins at sequence "
                                    + part.baseSequence())
                    : new Rejected(
                            ErrorCode.OUT_OF_ORDER_SEQUENCE,
                            "producer " + part.producerId() + ", epoch " + part.producerEpoch() + ": next is sequence "
                                    + expected + ", not " + part.baseSequence());
        }
        producers.put(key, new Overlaid<>(Producer.after(known, part, timeMicros), entry));
        return null;
    }

    /** Takes note of a command in the entry under construction, where later batches depend on it. */
    public void note(ShardCommand command) {
        if (command instanceof ShardCommand.DropPartitions drop) {
            dropped.put(drop.topic(), entry);
        }
    }

    /** Ends the entry under construction, and returns its number: 0, 1, ... */
    public long seal() {
        return entry++;
    }

    /** Everything up to and including this entry is in the applied state. */
    public void applied(long upToEntry) {
        partitions.values().removeIf(overlaid -> overlaid.entry() <= upToEntry);
        producers.values().removeIf(overlaid -> overlaid.entry() <= upToEntry);
        dropped.values().removeIf(last -> last <= upToEntry);
    }

    /** Forgets everything in flight. */
    public void reset() {
        partitions.clear();
        producers.clear();
        dropped.clear();
    }
}
