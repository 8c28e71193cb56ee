package io.millrace.client;

import io.millrace.record.Compression;
import java.time.Duration;
import java.util.Map;

/**
 * Settings of a {@link Producer}. Immutable. With the builder, or by key from properties (durations in whole milliseconds).
 *
 * @param bufferBytes {@code buffer.bytes}: memory for records that are not acknowledged yet; beyond it {@link Producer#send} waits. Default: 64 MiB, or an eighth of the heap where that is less
 * @param batchBytes {@code batch.bytes}: a batch is closed when it has this size. A larger record goes in a batch of its own, up to {@code max.batch.bytes}
 * @param maxBatchBytes {@code max.batch.bytes}: a record that does not fit into a batch of this size is refused before it is sent
 * @param maxBlock {@code max.block.millis}: how long {@link Producer#send} waits for room in the buffer, or for what a first send needs to know of its topic
 * @param deliveryTimeout {@code delivery.timeout.millis}: from the first record of a batch to its acknowledgement; then the send fails
 * @param requestTimeout {@code request.timeout.millis}: an unanswered request is given up and sent again after this
 * @param retryBackoff {@code retry.backoff.millis}: pause before the first retry; it doubles
 * @param retryBackoffMax {@code retry.backoff.max.millis}: the longest pause between retries
 * @param compression {@code compression}: codec of the batches
 * @param maxRequestsInFlight {@code max.requests.in.flight}: unanswered requests per connection
 * @param maxBatchesInFlight {@code max.batches.in.flight}: unanswered batches per partition; the broker remembers the last five
 */
public record ProducerConfig(
        long bufferBytes,
        int batchBytes,
        int maxBatchBytes,
        Duration maxBlock,
        Duration deliveryTimeout,
        Duration requestTimeout,
        Duration retryBackoff,
        Duration retryBackoffMax,
        Compression compression,
        int maxRequestsInFlight,
        int maxBatchesInFlight) {

    public ProducerConfig {
        Settings.within("buffer.bytes", bufferBytes, 1 << 20, 64L << 30);
        Settings.within("batch.bytes", batchBytes, 1 << 10, 64 << 20);
        Settings.within("max.batch.bytes", maxBatchBytes, 1 << 10, 64 << 20);
        Settings.within("max.block.millis", maxBlock, Duration.ZERO, Duration.ofDays(1));
        Settings.within("delivery.timeout.millis", deliveryTimeout, Duration.ofMillis(1), Duration.ofDays(1));
        Settings.within("request.timeout.millis", requestTimeout, Duration.ofMillis(1), Duration.ofHours(1));
        Settings.within("retry.backoff.millis", retryBackoff, Duration.ofMillis(1), Duration.ofMinutes(1));
        Settings.within("retry.backoff.max.millis", retryBackoffMax, Duration.ofMillis(1), Duration.ofMinutes(10));
        Settings.within("max.requests.in.flight", maxRequestsInFlight, 1, 64);
        Settings.within("max.batches.in.flight", maxBatchesInFlight, 1, 5);
    }

    public static Builder builder() {
        return new Builder();
    }

    /** All defaults. */
    public static ProducerConfig defaults() {
        return builder().build();
    }

    /** Reads settings by their key; an unknown key or a bad value is refused with {@link IllegalArgumentException}. */
    public static ProducerConfig fromProperties(Map<String, String> properties) {
        Settings settings = new Settings(properties);
        Builder builder = builder();
        builder.read(settings);
        settings.finish();
        return builder.build();
    }

    /** A builder that begins with these values. */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.bufferBytes = bufferBytes;
        builder.batchBytes = batchBytes;
        builder.maxBatchBytes = maxBatchBytes;
        builder.maxBlock = maxBlock;
        builder.deliveryTimeout = deliveryTimeout;
        builder.requestTimeout = requestTimeout;
        builder.retryBackoff = retryBackoff;
        builder.retryBackoffMax = retryBackoffMax;
        builder.compression = compression;
        builder.maxRequestsInFlight = maxRequestsInFlight;
        builder.maxBatchesInFlight = maxBatchesInFlight;
        return builder;
    }

    private static long defaultBufferBytes() {
        return Math.max(4L << 20, Math.min(64L << 20, Runtime.getRuntime().maxMemory() / 8));
    }

    /** Builds a {@link ProducerConfig}; what is not set keeps its default. Not thread safe. */
    public static final class Builder {
        private long bufferBytes = defaultBufferBytes();
        private int batchBytes = 1 << 20;
        private int maxBatchBytes = 4 << 20;
        private Duration maxBlock = Duration.ofSeconds(60);
        private Duration deliveryTimeout = Duration.ofMinutes(2);
        private Duration requestTimeout = Duration.ofSeconds(10);
        private Duration retryBackoff = Duration.ofMillis(20);
        private Duration retryBackoffMax = Duration.ofSeconds(1);
        private Compression compression = Compression.NONE;
        private int maxRequestsInFlight = 8;
        private int maxBatchesInFlight = 5;

        private Builder() {}

        public Builder bufferBytes(long value) {
            this.bufferBytes = value;
            return this;
        }

        public Builder batchBytes(int value) {
            this.batchBytes = value;
            return this;
        }

        public Builder maxBatchBytes(int value) {
            this.maxBatchBytes = value;
            return this;
        }

        public Builder maxBlock(Duration value) {
            this.maxBlock = value;
            return this;
        }

        public Builder deliveryTimeout(Duration value) {
            this.deliveryTimeout = value;
            return this;
        }

        public Builder requestTimeout(Duration value) {
            this.requestTimeout = value;
            return this;
        }

        public Builder retryBackoff(Duration value) {
            this.retryBackoff = value;
            return this;
        }

        public Builder retryBackoffMax(Duration value) {
            this.retryBackoffMax = value;
            return this;
        }

        public Builder compression(Compression value) {
            this.compression = value;
            return this;
        }

        public Builder maxRequestsInFlight(int value) {
            this.maxRequestsInFlight = value;
            return this;
        }

        public Builder maxBatchesInFlight(int value) {
            this.maxBatchesInFlight = value;
            return this;
        }

        void read(Settings settings) {
            settings.integer("buffer.bytes", this::bufferBytes);
            settings.integer(
                    "batch.bytes",
                    value ->
                            batchBytes(Settings.intWithin("batch.bytes", value, Integer.MIN_VALUE, Integer.MAX_VALUE)));
            settings.integer(
                    "max.batch.bytes",
                    value -> maxBatchBytes(
                            Settings.intWithin("max.batch.bytes", value, Integer.MIN_VALUE, Integer.MAX_VALUE)));
            settings.millis("max.block.millis", this::maxBlock);
            settings.millis("delivery.timeout.millis", this::deliveryTimeout);
            settings.millis("request.timeout.millis", this::requestTimeout);
            settings.millis("retry.backoff.millis", this::retryBackoff);
            settings.millis("retry.backoff.max.millis", this::retryBackoffMax);
            settings.choice("compression", Compression.class, this::compression);
            settings.integer(
                    "max.requests.in.flight",
                    value -> maxRequestsInFlight(
                            Settings.intWithin("max.requests.in.flight", value, Integer.MIN_VALUE, Integer.MAX_VALUE)));
            settings.integer(
                    "max.batches.in.flight",
                    value -> maxBatchesInFlight(
                            Settings.intWithin("max.batches.in.flight", value, Integer.MIN_VALUE, Integer.MAX_VALUE)));
        }

        public ProducerConfig build() {
            return new ProducerConfig(
                    bufferBytes,
                    batchBytes,
                    maxBatchBytes,
                    maxBlock,
                    deliveryTimeout,
                    requestTimeout,
                    retryBackoff,
                    retryBackoffMax,
                    compression,
                    maxRequestsInFlight,
                    maxBatchesInFlight);
        }
    }
}
