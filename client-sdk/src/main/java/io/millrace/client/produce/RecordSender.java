package io.millrace.client.produce;

import io.millrace.client.cluster.ClusterView;
import io.millrace.client.cluster.TopicImage;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.record.BatchBuilder;
import io.millrace.record.BatchHeader;
import io.millrace.record.RecordHeader;
import io.millrace.v1.Placement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The producer without its public types: copies records into batches on the threads that send, and lets the {@link Sender} do the rest on its own. Thread safe.
 */
public final class RecordSender {
    /** Any partition that the key, or the sender, chooses. */
    public static final int ANY_PARTITION = -1;

    private final ClusterView cluster;
    private final ProduceSettings settings;
    private final LongSupplier nanos;
    private final BufferBudget budget;
    private final BatchSource batches;
    private final FlushGate gate;
    private final SenderMailbox mailbox = new SenderMailbox();
    private final Sender sender;
    private final Thread thread;
    private final ClusterView.Listener listener = this::onChanged;
    private final Map<String, TopicQueues> topics = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /**
     * @param background for calls that wait
     * @param name of the sender's thread
     */
    public RecordSender(
            ClusterView cluster,
            ProduceSettings settings,
            Settlement settlement,
            LongSupplier nanos,
            RandomGenerator random,
            Executor background,
            String name) {
        this.cluster = cluster;
        this.settings = settings;
        this.nanos = nanos;
        this.budget = new BufferBudget(settings.bufferBytes(), nanos);
        this.gate = new FlushGate(nanos);
        this.batches = new BatchSource(
                budget,
                new BatchPool(settings.bufferBytes() / 4),
                gate,
                nanos,
                settings.batchBytes(),
                settings.deliveryNanos());
        this.sender = new Sender(
                cluster,
                settings,
                batches,
                mailbox,
                new BatchEnds(settlement, batches),
                nanos,
                random,
                background,
                action -> topics.values().forEach(each -> each.forEach(action)));
        this.thread = new Thread(sender, name);
        this.thread.setDaemon(true);
        cluster.listen(listener);
        this.thread.start();
    }

    /**
     * Copies the record into a batch. Waits for room, and for a topic that is not known yet, at most the time set for it.
     *
     * @param partition or {@link #ANY_PARTITION}
     * @param slot handed to the {@link Settlement} when the record ends, unless this throws
     * @throws FaultException where the record cannot be sent: topic or partition unknown, too large, no room
     */
    public void send(
            String topic,
            int partition,
            long timestamp,
            byte @Nullable [] key,
            byte @Nullable [] value,
            List<RecordHeader> headers,
            @Nullable Object slot) {
        int bytes = recordBytes(topic, key, value, headers);
        int credit = 0;
        while (true) {
            TopicQueues queues = topics.get(topic);
            if (queues == null) {
                queues = topics.computeIfAbsent(topic, name -> new TopicQueues(name, batches));
            }
            TopicImage image = queues.image();
            if (image == null) {
                image = learn(queues, topic);
            }
            PartitionQueue queue = queues.queue(choose(queues, image, partition, key));
            PartitionQueue.Appended appended = queue.append(timestamp, key, value, headers, slot, bytes, credit);
            switch (appended) {
                case QUIETLY -> {
                    return;
                }
                case FIRST -> {
                    mailbox.first(queue);
                    sender.endLate(queue);
                    return;
                }
                case FILLED -> {
                    mailbox.first(queue);
                    mailbox.fullBatch();
                    sender.endLate(queue);
                    return;
                }
                case NEEDS_ROOM -> credit = waitForRoom(bytes);
            }
        }
    }

    private int recordBytes(String topic, byte @Nullable [] key, byte @Nullable [] value, List<RecordHeader> headers) {
        if (closed) {
            throw new IllegalStateException("the producer is closed");
        }
        long bytes =
                BatchBuilder.maxRecordBytes(key == null ? -1 : key.length, value == null ? -1 : value.length, headers);
        long whole = bytes + BatchHeader.SIZE;
        if (whole > settings.maxBatchBytes()) {
            throw Fault.of(
                            ErrorCode.BATCH_TOO_LARGE,
                            "topic/" + topic,
                            "the record needs a batch of " + whole + " bytes; the limit is " + settings.maxBatchBytes(),
                            new Fault.LimitHit("max.batch.bytes", settings.maxBatchBytes(), whole))
                    .asException();
        }
        return (int) bytes;
    }

    private int waitForRoom(int recordBytes) {
        if (Thread.currentThread() == thread) {
            throw Fault.of(
                            ErrorCode.OVERLOADED,
                            "producer",
                            "the buffer is full, and a callback must not wait for room: the thread that makes room is its own")
                    .asException();
        }
        mailbox.wake();
        int room = BatchSource.roomFor(recordBytes);
        batches.takeRoom(room, settings.maxBlockNanos());
        return room;
    }

    private static int choose(TopicQueues queues, TopicImage image, int partition, byte @Nullable [] key) {
        if (partition >= 0) {
            if (!image.hasPartition(partition)) {
                throw Fault.of(
                                ErrorCode.UNKNOWN_PARTITION,
                                "topic/" + image.name() + "/" + partition,
                                "the topic has the partitions 0 to " + (image.partitionCount() - 1))
                        .asException();
            }
            return partition;
        }
        int byKey = key == null ? -1 : image.partitionOf(key);
        if (byKey >= 0) {
            return byKey;
        }
        if (image.placement() == Placement.CLIENT) {
            throw Fault.of(
                            ErrorCode.INVALID_REQUEST,
                            "topic/" + image.name(),
                            "the topic's placement is CLIENT: each record must name its partition")
                    .asException();
        }
        return queues.chooseWithoutKey(image.partitionCount());
    }

    private TopicImage learn(TopicQueues queues, String topic) {
        TopicImage image = cluster.topic(topic, settings.maxBlockNanos());
        queues.image(image);
        return image;
    }

    /** What is known of the topic changes; its queues, which may hold records, stay. */
    private void onChanged(String topic) {
        TopicQueues queues = topics.get(topic);
        if (queues != null) {
            queues.image(cluster.cached(topic));
        }
        mailbox.wake();
    }

    /**
     * Waits until all that was sent before has ended.
     *
     * @throws FaultException CANCELLED on an interrupt; INTERNAL where the sender does not keep its own deadlines
     */
    public void flush() {
        if (Thread.currentThread() == thread) {
            throw new IllegalStateException("flush in a callback would wait for itself");
        }
        // Each batch ends with its delivery timeout at the latest; the rest is slack for slow callbacks.
        if (!await(settings.deliveryNanos() + TimeUnit.SECONDS.toNanos(30))) {
            throw Fault.unknown(ErrorCode.INTERNAL, "producer", "batches have outlived the delivery timeout")
                    .asException();
        }
    }

    private boolean await(long timeoutNanos) {
        mailbox.wake();
        try {
            return gate.await(timeoutNanos);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FaultException(
                    Fault.of(ErrorCode.CANCELLED, "producer", "interrupted while waiting for acknowledgements"), e);
        }
    }

    /** Waits for what was sent, at most so long; the rest then fails. Idempotent. */
    public void close(long timeoutNanos) {
        closed = true;
        budget.close();
        long deadline = nanos.getAsLong() + timeoutNanos;
        boolean fromCallback = Thread.currentThread() == thread;
        try {
            if (!fromCallback && timeoutNanos > 0) {
                await(timeoutNanos);
            }
        } finally {
            cluster.unlisten(listener);
            sender.stop();
            if (!fromCallback) {
                join(Math.max(deadline - nanos.getAsLong(), 0) + TimeUnit.SECONDS.toNanos(5));
            }
        }
    }

    private void join(long maxNanos) {
        try {
            thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(maxNanos)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
