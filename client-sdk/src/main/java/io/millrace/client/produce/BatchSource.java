package io.millrace.client.produce;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Where batches come from and end: memory within the budget, used again, and counted for those who flush. Thread safe. */
final class BatchSource {
    private final BufferBudget budget;
    private final BatchPool pool;
    private final FlushGate gate;
    private final LongSupplier nanos;
    private final int batchBytes;
    private final long deliveryNanos;
    private final AtomicInteger full = new AtomicInteger();

    BatchSource(
            BufferBudget budget,
            BatchPool pool,
            FlushGate gate,
            LongSupplier nanos,
            int batchBytes,
            long deliveryNanos) {
        this.budget = budget;
        this.pool = pool;
        this.gate = gate;
        this.nanos = nanos;
        this.batchBytes = batchBytes;
        this.deliveryNanos = deliveryNanos;
    }

    int batchBytes() {
        return batchBytes;
    }

    /** What a batch for a record of so many bytes must at least have. */
    static int roomFor(int recordBytes) {
        return BatchPool.sizeFor(io.millrace.record.BatchHeader.SIZE + (long) recordBytes);
    }

    /**
     * A new batch with room for the record: as large as is usual where the budget allows, else as small as can be.
     *
     * @param credit already taken from the budget
     * @return {@code null} where the budget allows none; then the credit is kept by the caller
     */
    @Nullable
    OutboundBatch begin(int recordBytes, int usualBytes, int credit) {
        int least = roomFor(recordBytes);
        int size = Math.max(least, usualBytes);
        if (size > credit && !budget.tryTake(size - credit)) {
            size = Math.max(least, credit);
            if (size > credit && !budget.tryTake(size - credit)) {
                return null;
            }
        } else if (size < credit) {
            budget.give(credit - size);
        }
        return pool.take(size).begin(gate.begin(), nanos.getAsLong() + deliveryNanos);
    }

    /** Makes sure that the batch may have so many bytes. */
    boolean grow(OutboundBatch batch, int bytes) {
        if (bytes <= batch.chargedBytes()) {
            return true;
        }
        int size = BatchPool.sizeFor(bytes);
        if (!budget.tryTake(size - batch.chargedBytes())) {
            return false;
        }
        batch.charge(size);
        return true;
    }

    void giveBack(int credit) {
        if (credit > 0) {
            budget.give(credit);
        }
    }

    void takeRoom(int bytes, long timeoutNanos) {
        budget.take(bytes, timeoutNanos);
    }

    /** The batch has ended and its callbacks have run. */
    void end(OutboundBatch batch, boolean reusable) {
        long generation = batch.generation();
        int bytes = batch.chargedBytes();
        if (reusable) {
            pool.give(batch);
        }
        budget.give(bytes);
        gate.end(generation);
    }

    void filled() {
        full.incrementAndGet();
    }

    void unfilled() {
        full.decrementAndGet();
    }

    boolean anyFull() {
        return full.get() > 0;
    }
}
