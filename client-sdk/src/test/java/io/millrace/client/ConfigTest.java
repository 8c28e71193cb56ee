package io.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.record.Compression;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigTest {

    @Test
    void readsKeysOfClientProducerAndConsumer() {
        ClientConfig config = ClientConfig.fromProperties(Map.of(
                "bootstrap", "a:1, [::1]:2",
                "client.id", "me",
                "request.timeout.millis", "1234",
                "producer.compression", "zstd",
                "producer.batch.bytes", "2048",
                "consumer.out.of.range", "start",
                "consumer.max.poll.records", "7"));
        assertThat(config.clientId()).isEqualTo("me");
        assertThat(config.requestTimeout()).isEqualTo(Duration.ofMillis(1234));
        assertThat(config.producer().compression()).isEqualTo(Compression.ZSTD);
        assertThat(config.producer().batchBytes()).isEqualTo(2048);
        assertThat(config.consumer().outOfRange()).isEqualTo(ConsumerConfig.OutOfRange.START);
        assertThat(config.consumer().maxPollRecords()).isEqualTo(7);
    }

    @Test
    void beginsABuilderWithItsValues() {
        ClientConfig config = ClientConfig.of("a:1").toBuilder().clientId("x").build();
        assertThat(config.toBuilder().build()).isEqualTo(config);
        assertThat(ProducerConfig.defaults().toBuilder().build()).isEqualTo(ProducerConfig.defaults());
        assertThat(ConsumerConfig.defaults().toBuilder().build()).isEqualTo(ConsumerConfig.defaults());
    }

    @Test
    void refusesUnknownKeysByName() {
        assertThatThrownBy(() -> ClientConfig.fromProperties(Map.of("bootstrap", "a:1", "producer.bach.bytes", "1")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("producer.bach.bytes")
                .hasMessageContaining("producer.batch.bytes");
    }

    @Test
    void refusesValuesOutOfRangeByNameAndRange() {
        assertThatThrownBy(() -> ProducerConfig.fromProperties(Map.of("batch.bytes", "3")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("batch.bytes")
                .hasMessageContaining("1024")
                .hasMessageContaining("3");
        assertThatThrownBy(() -> ConsumerConfig.fromProperties(Map.of("max.poll.records", "many")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("max.poll.records");
        assertThatThrownBy(() -> ConsumerConfig.fromProperties(Map.of("isolation", "serial")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("READ_COMMITTED");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "host", "host:", ":1", "host:port", "host:0", "host:65536", "::1:9000"})
    void refusesBootstrapsThatAreNoAddresses(String bootstrap) {
        assertThatThrownBy(() -> ClientConfig.of(bootstrap)).isInstanceOf(IllegalArgumentException.class);
    }
}
