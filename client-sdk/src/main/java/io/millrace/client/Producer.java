package io.millrace.client;

import io.millrace.client.cluster.Backoff;
import io.millrace.client.cluster.ClusterView;
import io.millrace.client.produce.ProduceSettings;
import io.millrace.client.produce.RecordSender;
import io.millrace.client.produce.Settlement;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.record.RecordHeader;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends records. Thread safe; one is enough for an application.
 *
 * <p>{@link #send} copies key, value and headers into a batch and returns: the caller may use its arrays again. Batches grow by load, not by a timer: one leaves at
 * once while few requests are unanswered, and collects what comes while they are. Records of a partition are stored in the order of their sends; retries keep it and store
 * nothing twice. An acknowledged record is on the disks of a majority.
 *
 * <p>The buffer is bounded: where it is full, {@code send} waits up to {@link ProducerConfig#maxBlock()} and then fails with {@code OVERLOADED}.
 */
public final class Producer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Producer.class);

    private final RecordSender sender;
    private final InstantSource clock;
    private final Duration deliveryTimeout;

    Producer(
            ClusterView cluster,
            ProducerConfig config,
            InstantSource clock,
            RandomGenerator random,
            Executor background,
            String name) {
        this.clock = clock;
        this.deliveryTimeout = config.deliveryTimeout();
        this.sender = new RecordSender(
                cluster, settings(config), new Callbacks(), System::nanoTime, random, background, name);
    }

    private static ProduceSettings settings(ProducerConfig config) {
        return new ProduceSettings(
                config.bufferBytes(),
                Math.min(config.batchBytes(), config.maxBatchBytes()),
                config.maxBatchBytes(),
                config.maxBlock().toNanos(),
                config.deliveryTimeout().toNanos(),
                config.requestTimeout().toNanos(),
                new Backoff(
                        config.retryBackoff().toNanos(),
                        config.retryBackoffMax().toNanos()),
                config.compression(),
                config.maxRequestsInFlight(),
                config.maxBatchesInFlight());
    }

    /**
     * Sends a record. What is wrong with the record itself (topic unknown, too large) and a full buffer are thrown here; everything later completes the future with a
     * {@link MillraceException}.
     *
     * @throws MillraceException where the record was not taken
     * @throws IllegalStateException after {@link #close}
     */
    public CompletableFuture<RecordMetadata> send(ProducerRecord record) {
        CompletableFuture<RecordMetadata> future = new CompletableFuture<>();
        take(record, future);
        return future;
    }

    /** Sends a record without making a future: the callback is told once how it ended. Throws as {@link #send(ProducerRecord)} does, and then calls nobody. */
    public void send(ProducerRecord record, SendCallback callback) {
        take(record, Objects.requireNonNull(callback, "callback"));
    }

    private void take(ProducerRecord record, Object slot) {
        Integer partition = record.partition();
        Long timestamp = record.timestampMillis();
        if ((partition != null && partition < 0) || (timestamp != null && timestamp < 0)) {
            throw new IllegalArgumentException(
                    "partition and timestamp must be 0 or more, not " + partition + " and " + timestamp);
        }
        try {
            sender.send(
                    record.topic(),
                    partition == null ? RecordSender.ANY_PARTITION : partition,
                    timestamp == null ? clock.millis() : timestamp,
                    record.key(),
                    record.value(),
                    headers(record.headers()),
                    slot);
        } catch (FaultException e) {
            throw Failures.of(e);
        }
    }

    private static List<RecordHeader> headers(List<Header> headers) {
        if (headers.isEmpty()) {
            return List.of();
        }
        List<RecordHeader> converted = new ArrayList<>(headers.size());
        for (Header each : headers) {
            converted.add(new RecordHeader(each.key(), each.value()));
        }
        return converted;
    }

    /** Waits until every record sent before has been acknowledged or has failed. Not in a callback. */
    public void flush() {
        try {
            sender.flush();
        } catch (FaultException e) {
            throw Failures.of(e);
        }
    }

    /** Waits for what was sent, at most for the delivery timeout, and closes. */
    @Override
    public void close() {
        close(deliveryTimeout);
    }

    /**
     * Waits for what was sent, at most so long, and closes. Nothing is lost silently: what has not been acknowledged by then fails, as {@link IndeterminateException} where it may have
     * been stored, as {@link CancelledException} where it never left. A send after this throws {@link IllegalStateException}.
     */
    public void close(Duration timeout) {
        try {
            sender.close(timeout.toNanos());
        } catch (FaultException e) {
            throw Failures.of(e);
        }
    }

    /** From batches to the callbacks and futures of their records. */
    private static final class Callbacks implements Settlement {

        @Override
        public void delivered(
                String topic,
                int partition,
                long baseOffset,
                boolean duplicate,
                @Nullable Object[] slots,
                long[] timestamps,
                int count) {
            for (int i = 0; i < count; i++) {
                tell(slots[i], new RecordMetadata(topic, partition, baseOffset + i, timestamps[i], duplicate), null);
            }
        }

        @Override
        public void failed(Fault fault, @Nullable Object[] slots, int count) {
            MillraceException error = Failures.of(fault, null);
            for (int i = 0; i < count; i++) {
                tell(slots[i], null, error);
            }
        }

        /** One callback that throws must not keep the others from being told. */
        @SuppressWarnings("unchecked")
        private static void tell(
                @Nullable Object slot, @Nullable RecordMetadata metadata, @Nullable MillraceException error) {
            try {
                if (slot instanceof SendCallback callback) {
                    callback.onCompletion(metadata, error);
                } else if (slot != null) {
                    CompletableFuture<RecordMetadata> future = (CompletableFuture<RecordMetadata>) slot;
                    if (metadata != null) {
                        future.complete(metadata);
                    } else if (error != null) {
                        future.completeExceptionally(error);
                    }
                }
            } catch (RuntimeException e) {
                LOG.error("A send's callback failed", e);
            }
        }
    }
}
