package io.millrace.broker.produce;

import io.millrace.broker.metadata.Partitions;
import io.millrace.broker.metadata.Partitions.Place;
import io.millrace.broker.metadata.TopicConfig;
import io.millrace.broker.metadata.Topics;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.record.BatchHeader;
import io.millrace.record.BatchValidator;
import io.millrace.record.InvalidBatchException;
import io.millrace.replication.Appended;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Takes record batches from front-ends: finds the partition, checks the batch, stamps it where the topic wants the broker's time, and hands
 * it to the shard. This is the one place before the proposal that may change a batch. Thread safe; order is kept for calls from one thread.
 */
public final class Appends {
    private final Partitions partitions;
    private final Topics topics;
    private final DiskSpace space;
    private final InstantSource wallClock;

    public Appends(Partitions partitions, Topics topics, DiskSpace space, InstantSource wallClock) {
        this.partitions = partitions;
        this.topics = topics;
        this.space = space;
        this.wallClock = wallClock;
    }

    /**
     * Appends one batch. The future fails with a {@link FaultException}; it never throws.
     *
     * @param topicId null: by name
     * @param batch from position to limit; not changed by the caller until the future completes
     */
    public CompletableFuture<Appended> append(
            @Nullable UUID topicId, String topic, int partition, ByteBuffer batch, long deadlineNanos) {
        try {
            return append(partitions.place(topicId, topic, partition), batch, deadlineNanos);
        } catch (FaultException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** As {@link #append(UUID, String, int, ByteBuffer, long)}, the place being known. */
    public CompletableFuture<Appended> append(Place place, ByteBuffer batch, long deadlineNanos) {
        Fault full = space.refusal(place.resource(), batch.remaining());
        if (full != null) {
            return CompletableFuture.failedFuture(full.asException());
        }
        TopicConfig config = topics.effectiveConfig(place.topic());
        ByteBuffer checked;
        try {
            BatchValidator.verifyProduced(batch, config.maxBatchBytes());
            checked = config.timestamps() == TopicConfig.Timestamps.LOG_APPEND_TIME ? stamped(batch) : batch;
        } catch (InvalidBatchException e) {
            return CompletableFuture.failedFuture(new FaultException(fault(e, place, config, batch.remaining()), e));
        }
        return place.shard().append(place.id(), checked, deadlineNanos);
    }

    private ByteBuffer stamped(ByteBuffer batch) {
        ByteBuffer copy = ByteBuffer.allocate(batch.remaining()).put(batch.duplicate());
        copy.flip();
        BatchHeader.writeLogAppendTime(copy, 0, wallClock.millis());
        return copy;
    }

    private static Fault fault(InvalidBatchException e, Place place, TopicConfig config, int bytes) {
        return e.code() == ErrorCode.BATCH_TOO_LARGE
                ? Fault.of(
                        e.code(),
                        place.resource(),
                        "The batch has " + bytes + " bytes; the topic allows " + config.maxBatchBytes()
                                + " (max.batch.bytes). Send smaller batches, or raise the topic's limit.",
                        new Fault.LimitHit(TopicConfig.MAX_BATCH_BYTES, config.maxBatchBytes(), bytes))
                : Fault.of(e.code(), place.resource(), String.valueOf(e.getMessage()));
    }
}
