package io.millrace.broker.produce;

import io.millrace.broker.metadata.Partitions;
import io.millrace.broker.metadata.Partitions.Place;
import io.millrace.broker.metadata.Placement;
import io.millrace.broker.metadata.Topic;
import io.millrace.broker.metadata.TopicConfig;
import io.millrace.broker.metadata.Topics;
import io.millrace.broker.metadata.Waiting;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.record.BatchBuilder;
import io.millrace.record.BatchHeader;
import io.millrace.record.Compression;
import io.millrace.record.KeyHash;
import io.millrace.record.KeyRanges;
import io.millrace.record.RecordHeader;
import io.millrace.replication.Appended;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Appends records that come one by one, from clients without a batch encoder: finds each one's partition as a producer would, makes batches
 * and waits for them. Thread safe; blocks for up to the deadline.
 */
public final class PlainRecords {
    private final Partitions partitions;
    private final Topics topics;
    private final Appends appends;
    private final InstantSource wallClock;
    private final LongSupplier nanos;
    private final AtomicInteger turn = new AtomicInteger();

    public PlainRecords(
            Partitions partitions, Topics topics, Appends appends, InstantSource wallClock, LongSupplier nanos) {
        this.partitions = partitions;
        this.topics = topics;
        this.appends = appends;
        this.wallClock = wallClock;
        this.nanos = nanos;
    }

    /** A record; null timestamp: now. Null partition: by key, or any. */
    public record Plain(
            byte @Nullable [] key,
            byte @Nullable [] value,
            List<RecordHeader> headers,
            @Nullable Long timestampMillis,
            @Nullable Integer partition) {}

    /** Where a record is, or why it is not. {@code partition}: -1 where none could be found. */
    public record Placed(
            int partition, long offset, @Nullable Fault fault) {}

    private record Slot(int index, int offsetInBatch) {}

    private record Sent(List<Slot> slots, int partition, CompletableFuture<Appended> appended) {}

    /** In the order of the records. A fault of the topic as a whole is thrown. */
    public List<Placed> publish(String topicName, List<Plain> records, long deadlineNanos) {
        Topic topic = partitions.topic(topicName);
        Placed[] placed = new Placed[records.size()];
        Map<Integer, List<Integer>> byPartition = new TreeMap<>();
        Router router = new Router(topic, turn.getAndIncrement());
        for (int i = 0; i < records.size(); i++) {
            try {
                Place place = partitions.place(topic, router.partition(records.get(i)));
                byPartition
                        .computeIfAbsent(place.id().number(), number -> new ArrayList<>())
                        .add(i);
            } catch (FaultException e) {
                placed[i] = new Placed(-1, -1, e.fault());
            }
        }
        List<Sent> sent = new ArrayList<>();
        byPartition.forEach((partition, indexes) ->
                send(partitions.place(topic, partition), records, indexes, placed, sent, deadlineNanos));
        for (Sent batch : sent) {
            settle(batch, topic, placed, deadlineNanos);
        }
        return Arrays.asList(placed);
    }

    private void send(
            Place place,
            List<Plain> records,
            List<Integer> indexes,
            Placed[] placed,
            List<Sent> sent,
            long deadlineNanos) {
        int maxBytes = topics.effectiveConfig(place.topic()).maxBatchBytes();
        long now = wallClock.millis();
        BatchBuilder builder = new BatchBuilder(1024);
        List<Slot> slots = new ArrayList<>();
        for (int index : indexes) {
            Plain record = records.get(index);
            Fault fault = fault(record, place, maxBytes);
            if (fault != null) {
                placed[index] = new Placed(place.id().number(), -1, fault);
                continue;
            }
            long bytes = bytes(record);
            if (!builder.isEmpty() && builder.estimatedSize() + bytes > maxBytes) {
                sent.add(flush(place, builder, slots, deadlineNanos));
                builder = new BatchBuilder(1024);
                slots = new ArrayList<>();
            }
            Long timestamp = record.timestampMillis();
            builder.append(timestamp == null ? now : timestamp, record.key(), record.value(), record.headers());
            slots.add(new Slot(index, slots.size()));
        }
        if (!builder.isEmpty()) {
            sent.add(flush(place, builder, slots, deadlineNanos));
        }
    }

    private Sent flush(Place place, BatchBuilder builder, List<Slot> slots, long deadlineNanos) {
        return new Sent(
                slots, place.id().number(), appends.append(place, builder.build(Compression.NONE), deadlineNanos));
    }

    private static long bytes(Plain record) {
        byte[] key = record.key();
        byte[] value = record.value();
        return BatchBuilder.maxRecordBytes(
                key == null ? 0 : key.length, value == null ? 0 : value.length, record.headers());
    }

    private static @Nullable Fault fault(Plain record, Place place, int maxBytes) {
        Long timestamp = record.timestampMillis();
        if (timestamp != null && timestamp < 0) {
            return Fault.of(
                    ErrorCode.INVALID_REQUEST, place.resource(), "A timestamp is not negative: " + timestamp + ".");
        }
        long bytes = BatchHeader.SIZE + bytes(record);
        return bytes <= maxBytes
                ? null
                : Fault.of(
                        ErrorCode.BATCH_TOO_LARGE,
                        place.resource(),
                        "The record needs a batch of " + bytes + " bytes; the topic allows " + maxBytes
                                + " (max.batch.bytes).",
                        new Fault.LimitHit(TopicConfig.MAX_BATCH_BYTES, maxBytes, bytes));
    }

    private void settle(Sent batch, Topic topic, Placed[] placed, long deadlineNanos) {
        try {
            Appended appended = Waiting.await(
                    batch.appended(), Topic.resource(topic.name(), batch.partition()), deadlineNanos, nanos);
            batch.slots()
                    .forEach(slot -> placed[slot.index()] =
                            new Placed(batch.partition(), appended.baseOffset() + slot.offsetInBatch(), null));
        } catch (FaultException e) {
            batch.slots().forEach(slot -> placed[slot.index()] = new Placed(batch.partition(), -1, e.fault()));
        }
    }

    /** Finds partitions for the records of one call; those without a key go to one partition, another one the next time. */
    private static final class Router {
        private final Topic topic;
        private final int turn;
        private final @Nullable KeyRanges ranges;

        private Router(Topic topic, int turn) {
            this.topic = topic;
            this.turn = turn;
            this.ranges = topic.placement() == Placement.RANGES
                    ? KeyRanges.of(topic.partitions().stream()
                            .mapToInt(partition -> (int) partition.keys().low())
                            .toArray())
                    : null;
        }

        private int partition(Plain record) {
            Integer named = record.partition();
            if (named != null) {
                return named;
            }
            if (topic.placement() == Placement.CLIENT) {
                throw Fault.of(
                                ErrorCode.INVALID_REQUEST,
                                topic.resource(),
                                "Producers of this topic name the partition themselves (placement CLIENT).")
                        .asException();
            }
            int count = topic.partitions().size();
            byte[] key = record.key();
            if (key == null) {
                return Math.floorMod(turn, count);
            }
            int hash = KeyHash.murmur2(key);
            return ranges == null ? KeyHash.modulo(hash, count) : ranges.partitionOfHash(hash);
        }
    }
}
