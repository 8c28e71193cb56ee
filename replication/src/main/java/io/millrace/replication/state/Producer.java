package io.millrace.replication.state;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a partition knows about a producer: enough to tell its next batch from a repeated, a missing and a stale one.
 *
 * @param epoch of its last batch
 * @param coordinatorEpoch reserved for transactions
 * @param openFrom first offset of its open transaction; -1: none. Reserved
 * @param batches its last ones under this epoch, oldest first, at most {@link #BATCHES_KEPT}
 */
public record Producer(short epoch, int coordinatorEpoch, long openFrom, List<Batch> batches) {
    /** As many requests as a producer has in flight, so that each of them is recognised when it is repeated. */
    public static final int BATCHES_KEPT = 5;

    public Producer {
        batches = List.copyOf(batches);
    }

    /** A batch that was appended. Sequences wrap: {@code lastSequence} may be below {@code firstSequence}. */
    public record Batch(int firstSequence, int lastSequence, long baseOffset, long timeMicros) {}

    /** The state after a batch. Unconditional: a new epoch or an unknown producer begins anew. */
    static Producer after(@Nullable Producer before, AppendPart part, long timeMicros) {
        Batch batch = new Batch(
                part.baseSequence(),
                sequenceAfter(part.baseSequence(), part.lastOffsetDelta()),
                part.baseOffset(),
                timeMicros);
        if (before == null || before.epoch != part.producerEpoch()) {
            return new Producer(part.producerEpoch(), 0, -1, List.of(batch));
        }
        List<Batch> kept = new ArrayList<>(before.batches);
        kept.add(batch);
        int from = Math.max(0, kept.size() - BATCHES_KEPT);
        return new Producer(before.epoch, before.coordinatorEpoch, before.openFrom, kept.subList(from, kept.size()));
    }

    /** The sequence {@code steps} after another; after 2^31 - 1 comes 0. */
    public static int sequenceAfter(int sequence, int steps) {
        return (int) (((long) sequence + steps) & Integer.MAX_VALUE);
    }

    /** The batch that has exactly the sequences of this part, or null. */
    @Nullable
    Batch find(AppendPart part) {
        int last = sequenceAfter(part.baseSequence(), part.lastOffsetDelta());
        for (Batch batch : batches) {
            if (batch.firstSequence() == part.baseSequence() && batch.lastSequence() == last) {
                return batch;
            }
        }
        return null;
    }

    /** Sequence that the next batch of this epoch begins with. */
    int nextSequence() {
        return batches.isEmpty()
                ? 0
                : sequenceAfter(batches.get(batches.size() - 1).lastSequence(), 1);
    }

    long lastTimeMicros() {
        return batches.isEmpty()
                ? Long.MIN_VALUE
                : batches.get(batches.size() - 1).timeMicros();
    }
}
