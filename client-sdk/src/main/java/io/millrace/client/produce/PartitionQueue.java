package io.millrace.client.produce;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.record.RecordHeader;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Where the records of one partition gather: full batches, and an open one that sends append to under the lock. The sender takes batches from the front. The part of the sender's own state is in {@link
 * PartitionFlight}.
 */
final class PartitionQueue {
    private final String topic;
    private final int partition;
    private final BatchSource batches;
    private final PartitionFlight flight;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private @Nullable OutboundBatch open;

    @GuardedBy("lock")
    private final ArrayDeque<OutboundBatch> full = new ArrayDeque<>();

    /** The sender knows that there is something here. */
    @GuardedBy("lock")
    private boolean listed;

    @GuardedBy("lock")
    private boolean closed;

    /** Size of the last batch that was taken: the next one begins with as much. */
    @GuardedBy("lock")
    private int usualBytes = BatchPool.SMALLEST_BYTES;

    /** A hint for those who choose a partition: read without the lock. */
    private volatile boolean hasOpen;

    private volatile int fullCount;

    /** What an append came to. */
    enum Appended {
        /** Into a batch that the sender knows of. */
        QUIETLY,
        /** The sender must be told: the queue was empty. */
        FIRST,
        /** A batch became full. */
        FILLED,
        /** Nothing was appended: room is needed first. */
        NEEDS_ROOM
    }

    PartitionQueue(String topic, int partition, BatchSource batches) {
        this.topic = topic;
        this.partition = partition;
        this.batches = batches;
        this.flight = new PartitionFlight();
    }

    String topic() {
        return topic;
    }

    int partition() {
        return partition;
    }

    PartitionFlight flight() {
        return flight;
    }

    /**
     * Appends a record.
     *
     * @param recordBytes the most that it adds to a batch
     * @param credit bytes that the caller has already taken from the budget for it; what is not used goes back
     */
    Appended append(
            long timestamp,
            byte @Nullable [] key,
            byte @Nullable [] value,
            List<RecordHeader> headers,
            @Nullable Object slot,
            int recordBytes,
            int credit) {
        lock.lock();
        try {
            if (closed) {
                batches.giveBack(credit);
                throw Fault.of(ErrorCode.CANCELLED, "producer", "the producer is closed")
                        .asException();
            }
            boolean filled = closeIfTooSmall(recordBytes);
            OutboundBatch into = open;
            if (into != null && !batches.grow(into, into.sizeInBytes() + recordBytes)) {
                filled = true;
                closeOpen();
                into = null;
            }
            if (into == null) {
                into = batches.begin(recordBytes, usualBytes, credit);
                if (into == null) {
                    return Appended.NEEDS_ROOM;
                }
                open = into;
                hasOpen = true;
            } else {
                batches.giveBack(credit);
            }
            into.append(timestamp, key, value, headers, slot);
            if (into.sizeInBytes() >= batches.batchBytes()) {
                closeOpen();
                filled = true;
            }
            boolean first = list();
            return filled ? Appended.FILLED : first ? Appended.FIRST : Appended.QUIETLY;
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private boolean list() {
        boolean first = !listed;
        listed = true;
        return first;
    }

    @GuardedBy("lock")
    private boolean closeIfTooSmall(int recordBytes) {
        OutboundBatch present = open;
        if (present == null || present.sizeInBytes() + (long) recordBytes <= batches.batchBytes()) {
            return false;
        }
        closeOpen();
        return true;
    }

    @GuardedBy("lock")
    private void closeOpen() {
        OutboundBatch present = open;
        if (present != null) {
            full.addLast(present);
            fullCount = full.size();
            open = null;
            hasOpen = false;
            batches.filled();
        }
    }

    /** The next batch, if there is one. */
    @Nullable
    OutboundBatch take() {
        lock.lock();
        try {
            OutboundBatch taken = full.pollFirst();
            if (taken != null) {
                fullCount = full.size();
                batches.unfilled();
            } else {
                taken = open;
                open = null;
                hasOpen = false;
            }
            if (taken != null) {
                usualBytes = Math.max(BatchPool.sizeFor(taken.sizeInBytes()), usualBytes / 2);
            }
            return taken;
        } finally {
            lock.unlock();
        }
    }

    /** Takes the next batch if its time is over. */
    @Nullable
    OutboundBatch takeExpired(long nowNanos) {
        lock.lock();
        try {
            OutboundBatch next = full.isEmpty() ? open : full.peekFirst();
            return next != null && nowNanos - next.deadlineNanos() >= 0 ? take() : null;
        } finally {
            lock.unlock();
        }
    }

    /** The sender lets go of the queue if it is empty: the next append tells it again. */
    boolean unlist() {
        lock.lock();
        try {
            if (open == null && full.isEmpty()) {
                listed = false;
                return true;
            }
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** Nothing is appended from now on. */
    void close() {
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
    }

    boolean hasOpenBatch() {
        return hasOpen;
    }

    /** How much waits here, for comparison only. */
    int load() {
        return fullCount + flight.load();
    }

    @Override
    public String toString() {
        return "topic/" + topic + "/" + partition;
    }
}
