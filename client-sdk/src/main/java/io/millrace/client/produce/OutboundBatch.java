package io.millrace.client.produce;

import com.google.protobuf.ByteString;
import io.millrace.client.transport.SharedBytes;
import io.millrace.error.Fault;
import io.millrace.record.BatchBuilder;
import io.millrace.record.Compression;
import io.millrace.record.RecordHeader;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Records of one partition on their way. First it is filled under the lock of its {@link PartitionQueue}; from the moment it is taken out of there it belongs to the sender's thread. Its memory is
 * used again for later batches.
 */
final class OutboundBatch {
    private final BatchBuilder builder;
    private @Nullable Object[] slots = new Object[64];
    private long[] timestamps = new long[64];

    /** Bytes taken from the budget: at least the builder's array. */
    private int chargedBytes;

    private long generation;
    private long deadlineNanos;

    // Of the sender.
    private long order;
    private @Nullable ProducerSession session;
    private int baseSequence;
    private @Nullable ByteString encoded;
    private int attempts;
    private boolean maybeWritten;
    private int sessionResets;
    private boolean ended;
    private @Nullable Fault lastFault;

    OutboundBatch(int bytes) {
        this.builder = new BatchBuilder(bytes);
        this.chargedBytes = bytes;
    }

    /** Begins a new life of the same memory. */
    OutboundBatch begin(long ofGeneration, long deadline) {
        generation = ofGeneration;
        deadlineNanos = deadline;
        return this;
    }

    void append(
            long timestamp,
            byte @Nullable [] key,
            byte @Nullable [] value,
            List<RecordHeader> headers,
            @Nullable Object slot) {
        builder.append(timestamp, key, value, headers);
        int at = builder.recordCount() - 1;
        if (at == slots.length) {
            slots = Arrays.copyOf(slots, at * 2);
            timestamps = Arrays.copyOf(timestamps, at * 2);
        }
        slots[at] = slot;
        timestamps[at] = timestamp;
    }

    int sizeInBytes() {
        return builder.estimatedSize();
    }

    int recordCount() {
        return builder.recordCount();
    }

    int chargedBytes() {
        return chargedBytes;
    }

    void charge(int bytes) {
        chargedBytes = bytes;
    }

    long generation() {
        return generation;
    }

    long deadlineNanos() {
        return deadlineNanos;
    }

    /** The place in its partition, rising. */
    long order() {
        return order;
    }

    void order(long place) {
        order = place;
    }

    @Nullable
    ProducerSession session() {
        return session;
    }

    /** Gives it its place in the sequence of a session: for ever, unless {@link #forgetSequence} takes it back. */
    void sequence(ProducerSession ofSession, int sequence) {
        session = ofSession;
        baseSequence = sequence;
        encoded = null;
    }

    /** Allowed only where it is certain that it is not written. */
    void forgetSequence() {
        session = null;
        encoded = null;
        maybeWritten = false;
    }

    int baseSequence() {
        return baseSequence;
    }

    /** The bytes to send; the same ones for every attempt under the same sequence. */
    ByteString encoded(Compression compression) {
        if (encoded == null) {
            ProducerSession of = session;
            if (of == null) {
                throw new IllegalStateException("a batch without a sequence cannot be sent");
            }
            ByteString bytes =
                    SharedBytes.wrap(builder.build(compression, of.producerId(), of.producerEpoch(), baseSequence));
            // The first attempt may still lie in a buffer of the transport: only that one shares our array.
            encoded = attempts == 0 ? bytes : ByteString.copyFrom(bytes.asReadOnlyByteBuffer());
        }
        return encoded;
    }

    void attempted() {
        attempts++;
    }

    int attempts() {
        return attempts;
    }

    boolean maybeWritten() {
        return maybeWritten;
    }

    void failedOnce(Fault fault, boolean unknown) {
        lastFault = fault;
        maybeWritten |= unknown;
    }

    @Nullable
    Fault lastFault() {
        return lastFault;
    }

    int countSessionReset() {
        return ++sessionResets;
    }

    boolean ended() {
        return ended;
    }

    void end() {
        ended = true;
    }

    @Nullable
    Object[] slots() {
        return slots;
    }

    long[] timestamps() {
        return timestamps;
    }

    /** Nobody reads its bytes any more: its one request has been answered. */
    boolean isReusable() {
        return attempts <= 1;
    }

    void clear() {
        Arrays.fill(slots, 0, builder.recordCount(), null);
        builder.clear();
        order = 0;
        session = null;
        encoded = null;
        attempts = 0;
        maybeWritten = false;
        sessionResets = 0;
        ended = false;
        lastFault = null;
    }
}
