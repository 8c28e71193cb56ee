package io.millrace.client;

import io.millrace.client.transport.BrokerAddress;
import java.time.Duration;
import java.util.Map;

/**
 * Settings of a {@link MillraceClient}. Immutable. With the builder, or by key from properties (durations in whole milliseconds; keys of {@link ProducerConfig}
 * behind {@code producer.}, of {@link ConsumerConfig} behind {@code consumer.}).
 *
 * @param bootstrap {@code bootstrap}: {@code host:port,host:port}: brokers to ask first; any of them will do
 * @param forward {@code forward}: talk to the bootstrap brokers alone and have them forward to the leaders, for a client that cannot reach each broker at the address it gives
 * @param clientId {@code client.id}: names the application in the brokers' logs
 * @param requestTimeout {@code request.timeout.millis}: for a whole call of {@link Admin} and the like, retries included
 * @param connectTimeout {@code connect.timeout.millis}: for one attempt to connect
 * @param metadataMaxAge {@code metadata.max.age.millis}: what is known of a topic is asked for again after this
 * @param reconnectBackoff {@code reconnect.backoff.millis}: pause before the first retry of a connection or call; it doubles, with jitter
 * @param reconnectBackoffMax {@code reconnect.backoff.max.millis}: the longest such pause
 */
public record ClientConfig(
        String bootstrap,
        boolean forward,
        String clientId,
        Duration requestTimeout,
        Duration connectTimeout,
        Duration metadataMaxAge,
        Duration reconnectBackoff,
        Duration reconnectBackoffMax,
        ProducerConfig producer,
        ConsumerConfig consumer) {

    public ClientConfig {
        checkBootstrap(bootstrap);
        Settings.within("request.timeout.millis", requestTimeout, Duration.ofMillis(1), Duration.ofHours(1));
        Settings.within("connect.timeout.millis", connectTimeout, Duration.ofMillis(1), Duration.ofMinutes(10));
        Settings.within("metadata.max.age.millis", metadataMaxAge, Duration.ofMillis(1), Duration.ofDays(1));
        Settings.within("reconnect.backoff.millis", reconnectBackoff, Duration.ofMillis(1), Duration.ofMinutes(1));
        Settings.within(
                "reconnect.backoff.max.millis", reconnectBackoffMax, Duration.ofMillis(1), Duration.ofMinutes(10));
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Reads settings by their key; an unknown key or a bad value is refused with {@link IllegalArgumentException}. */
    public static ClientConfig fromProperties(Map<String, String> properties) {
        Settings settings = new Settings(properties);
        Builder builder = builder();
        builder.read(settings);
        settings.finish();
        return builder.build();
    }

    /** A builder that begins with these values. */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.bootstrap = bootstrap;
        builder.forward = forward;
        builder.clientId = clientId;
        builder.requestTimeout = requestTimeout;
        builder.connectTimeout = connectTimeout;
        builder.metadataMaxAge = metadataMaxAge;
        builder.reconnectBackoff = reconnectBackoff;
        builder.reconnectBackoffMax = reconnectBackoffMax;
        builder.producer = producer;
        builder.consumer = consumer;
        return builder;
    }

    /** Defaults for this cluster: {@code host:port,host:port}. */
    public static ClientConfig of(String bootstrap) {
        return builder().bootstrap(bootstrap).build();
    }

    private static void checkBootstrap(String bootstrap) {
        BrokerAddress.parseList(bootstrap);
    }

    /** Builds a {@link ClientConfig}; what is not set keeps its default. Not thread safe. */
    public static final class Builder {
        private String bootstrap = "";
        private boolean forward;
        private String clientId = "millrace-java";
        private Duration requestTimeout = Duration.ofSeconds(30);
        private Duration connectTimeout = Duration.ofSeconds(5);
        private Duration metadataMaxAge = Duration.ofMinutes(1);
        private Duration reconnectBackoff = Duration.ofMillis(20);
        private Duration reconnectBackoffMax = Duration.ofSeconds(1);
        private ProducerConfig producer = ProducerConfig.defaults();
        private ConsumerConfig consumer = ConsumerConfig.defaults();

        private Builder() {}

        public Builder bootstrap(String value) {
            this.bootstrap = value;
            return this;
        }

        public Builder forward(boolean value) {
            this.forward = value;
            return this;
        }

        public Builder clientId(String value) {
            this.clientId = value;
            return this;
        }

        public Builder requestTimeout(Duration value) {
            this.requestTimeout = value;
            return this;
        }

        public Builder connectTimeout(Duration value) {
            this.connectTimeout = value;
            return this;
        }

        public Builder metadataMaxAge(Duration value) {
            this.metadataMaxAge = value;
            return this;
        }

        public Builder reconnectBackoff(Duration value) {
            this.reconnectBackoff = value;
            return this;
        }

        public Builder reconnectBackoffMax(Duration value) {
            this.reconnectBackoffMax = value;
            return this;
        }

        public Builder producer(ProducerConfig value) {
            this.producer = value;
            return this;
        }

        public Builder consumer(ConsumerConfig value) {
            this.consumer = value;
            return this;
        }

        void read(Settings settings) {
            settings.text("bootstrap", this::bootstrap);
            settings.flag("forward", this::forward);
            settings.text("client.id", this::clientId);
            settings.millis("request.timeout.millis", this::requestTimeout);
            settings.millis("connect.timeout.millis", this::connectTimeout);
            settings.millis("metadata.max.age.millis", this::metadataMaxAge);
            settings.millis("reconnect.backoff.millis", this::reconnectBackoff);
            settings.millis("reconnect.backoff.max.millis", this::reconnectBackoffMax);
            ProducerConfig.Builder producers = producer.toBuilder();
            producers.read(settings.under("producer."));
            producer = producers.build();
            ConsumerConfig.Builder consumers = consumer.toBuilder();
            consumers.read(settings.under("consumer."));
            consumer = consumers.build();
        }

        public ClientConfig build() {
            return new ClientConfig(
                    bootstrap,
                    forward,
                    clientId,
                    requestTimeout,
                    connectTimeout,
                    metadataMaxAge,
                    reconnectBackoff,
                    reconnectBackoffMax,
                    producer,
                    consumer);
        }
    }
}
