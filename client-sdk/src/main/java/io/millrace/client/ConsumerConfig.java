package io.millrace.client;

import java.time.Duration;
import java.util.Map;

/**
 * Settings of a {@link Consumer}. Immutable. With the builder, or by key from properties (durations in whole milliseconds).
 *
 * @param prefetchBytes {@code prefetch.bytes}: records fetched ahead of {@link Consumer#poll} and not handed out yet. Default: 32 MiB, or an eighth of the heap where that is less
 * @param fetchBytes {@code fetch.bytes}: the most that one response carries; a larger batch comes alone
 * @param partitionFetchBytes {@code partition.fetch.bytes}: the most of one partition in one response
 * @param minBytes {@code min.bytes}: the broker answers when so much is there, or after {@code max.wait.millis}
 * @param maxWait {@code max.wait.millis}: how long the broker holds a request that finds nothing
 * @param requestTimeout {@code request.timeout.millis}: an answer later than this, beyond {@code max.wait.millis}, counts as a broken connection
 * @param maxPollRecords {@code max.poll.records}: the most that one {@link Consumer#poll} returns
 * @param outOfRange {@code out.of.range}: what to do when retention has passed the position
 * @param troubleTimeout {@code trouble.timeout.millis}: {@link Consumer#poll} throws when nothing could be had of a partition for so long; 0: it never does, and {@link Consumer#trouble} tells
 * @param isolation {@code isolation}: whether records of open and aborted transactions are seen
 */
public record ConsumerConfig(
        long prefetchBytes,
        int fetchBytes,
        int partitionFetchBytes,
        int minBytes,
        Duration maxWait,
        Duration requestTimeout,
        int maxPollRecords,
        OutOfRange outOfRange,
        Duration troubleTimeout,
        Isolation isolation) {

    public ConsumerConfig {
        Settings.within("prefetch.bytes", prefetchBytes, 64 << 10, 16L << 30);
        Settings.within("fetch.bytes", fetchBytes, 1 << 10, 64 << 20);
        Settings.within("partition.fetch.bytes", partitionFetchBytes, 1 << 10, 64 << 20);
        Settings.within("min.bytes", minBytes, 1, 64 << 20);
        Settings.within("max.wait.millis", maxWait, Duration.ZERO, Duration.ofMinutes(1));
        Settings.within("request.timeout.millis", requestTimeout, Duration.ofMillis(1), Duration.ofHours(1));
        Settings.within("trouble.timeout.millis", troubleTimeout, Duration.ZERO, Duration.ofDays(1));
        Settings.within("max.poll.records", maxPollRecords, 1, 1 << 20);
    }

    public static Builder builder() {
        return new Builder();
    }

    /** All defaults. */
    public static ConsumerConfig defaults() {
        return builder().build();
    }

    /** Reads settings by their key; an unknown key or a bad value is refused with {@link IllegalArgumentException}. */
    public static ConsumerConfig fromProperties(Map<String, String> properties) {
        Settings settings = new Settings(properties);
        Builder builder = builder();
        builder.read(settings);
        settings.finish();
        return builder.build();
    }

    /** A builder that begins with these values. */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.prefetchBytes = prefetchBytes;
        builder.fetchBytes = fetchBytes;
        builder.partitionFetchBytes = partitionFetchBytes;
        builder.minBytes = minBytes;
        builder.maxWait = maxWait;
        builder.requestTimeout = requestTimeout;
        builder.maxPollRecords = maxPollRecords;
        builder.outOfRange = outOfRange;
        builder.troubleTimeout = troubleTimeout;
        builder.isolation = isolation;
        return builder;
    }

    /** What to do when the position cannot be read any more. */
    public enum OutOfRange {
        /** {@link Consumer#poll} throws {@link OffsetOutOfRangeException} until the caller seeks. */
        FAIL,
        /** Go on at the first offset that can be read; the loss is logged. */
        START,
        /** Go on at the end; the loss is logged. */
        END
    }

    /** Which records of transactions are seen. */
    public enum Isolation {
        READ_UNCOMMITTED,
        READ_COMMITTED
    }

    private static long defaultPrefetchBytes() {
        return Math.max(1L << 20, Math.min(32L << 20, Runtime.getRuntime().maxMemory() / 8));
    }

    /** Builds a {@link ConsumerConfig}; what is not set keeps its default. Not thread safe. */
    public static final class Builder {
        private long prefetchBytes = defaultPrefetchBytes();
        private int fetchBytes = 4 << 20;
        private int partitionFetchBytes = 1 << 20;
        private int minBytes = 1;
        private Duration maxWait = Duration.ofMillis(500);
        private Duration requestTimeout = Duration.ofSeconds(10);
        private int maxPollRecords = 4096;
        private OutOfRange outOfRange = OutOfRange.FAIL;
        private Duration troubleTimeout = Duration.ZERO;
        private Isolation isolation = Isolation.READ_COMMITTED;

        private Builder() {}

        public Builder prefetchBytes(long value) {
            this.prefetchBytes = value;
            return this;
        }

        public Builder fetchBytes(int value) {
            this.fetchBytes = value;
            return this;
        }

        public Builder partitionFetchBytes(int value) {
            this.partitionFetchBytes = value;
            return this;
        }

        public Builder minBytes(int value) {
            this.minBytes = value;
            return this;
        }

        public Builder maxWait(Duration value) {
            this.maxWait = value;
            return this;
        }

        public Builder requestTimeout(Duration value) {
            this.requestTimeout = value;
            return this;
        }

        public Builder maxPollRecords(int value) {
            this.maxPollRecords = value;
            return this;
        }

        public Builder troubleTimeout(Duration value) {
            this.troubleTimeout = value;
            return this;
        }

        public Builder outOfRange(OutOfRange value) {
            this.outOfRange = value;
            return this;
        }

        public Builder isolation(Isolation value) {
            this.isolation = value;
            return this;
        }

        void read(Settings settings) {
            settings.integer("prefetch.bytes", this::prefetchBytes);
            settings.integer(
                    "fetch.bytes",
                    value ->
                            fetchBytes(Settings.intWithin("fetch.bytes", value, Integer.MIN_VALUE, Integer.MAX_VALUE)));
            settings.integer(
                    "partition.fetch.bytes",
                    value -> partitionFetchBytes(
                            Settings.intWithin("partition.fetch.bytes", value, Integer.MIN_VALUE, Integer.MAX_VALUE)));
            settings.integer(
                    "min.bytes",
                    value -> minBytes(Settings.intWithin("min.bytes", value, Integer.MIN_VALUE, Integer.MAX_VALUE)));
            settings.millis("max.wait.millis", this::maxWait);
            settings.millis("request.timeout.millis", this::requestTimeout);
            settings.integer(
                    "max.poll.records",
                    value -> maxPollRecords(
                            Settings.intWithin("max.poll.records", value, Integer.MIN_VALUE, Integer.MAX_VALUE)));
            settings.millis("trouble.timeout.millis", this::troubleTimeout);
            settings.choice("out.of.range", OutOfRange.class, this::outOfRange);
            settings.choice("isolation", Isolation.class, this::isolation);
        }

        public ConsumerConfig build() {
            return new ConsumerConfig(
                    prefetchBytes,
                    fetchBytes,
                    partitionFetchBytes,
                    minBytes,
                    maxWait,
                    requestTimeout,
                    maxPollRecords,
                    outOfRange,
                    troubleTimeout,
                    isolation);
        }
    }
}
