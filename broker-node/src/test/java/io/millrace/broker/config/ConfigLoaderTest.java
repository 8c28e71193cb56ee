package io.millrace.broker.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.millrace.error.ErrorCode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ConfigLoaderTest {
    private static ConfigLoader loader() {
        return new ConfigLoader(8, 1L << 30).set("data-directory", "/data");
    }

    @Test
    void hasTheDocumentedDefaults() {
        BrokerConfig config = loader().load();
        assertThat(config)
                .isEqualTo(new BrokerConfig(
                        Path.of("/data"),
                        new BrokerConfig.Listen("127.0.0.1", 7070, "", 0),
                        7071,
                        new BrokerConfig.Cluster(null, 1, ""),
                        BrokerConfig.Peers.none(),
                        new BrokerConfig.Storage(2, 256L << 20, 1L << 30, 32L << 20, 8L << 20, Duration.ofDays(1)),
                        new BrokerConfig.Limits(16 << 20, 4 << 20, (1L << 30) / 5, 256, 10_000),
                        new BrokerConfig.Defaults(4, Duration.ofSeconds(30)),
                        Duration.ofSeconds(10)));
    }

    @ParameterizedTest
    @CsvSource({"1,1", "4,1", "7,1", "8,2", "64,2"})
    void takesAQuarterOfTheProcessorsAsShards(int processors, int shards) {
        BrokerConfig config = new ConfigLoader(processors, 1L << 30)
                .set("data-directory", "/data")
                .load();
        assertThat(config.storage().shards()).isEqualTo(shards);
    }

    @Test
    void takesEverySettingFromEverySource() {
        BrokerConfig config = loader().yaml("""
                        listen:
                          host: 0.0.0.0
                          port: 1
                        storage: {shards: 3, segment-bytes: 64MiB}
                        limits.bytes-in-flight: 1GiB
                        """, "millrace.yaml")
                .environment(Map.of("MILLRACE_LISTEN_PORT", "2", "MILLRACE_HTTP_PORT", "22", "PATH", "/bin"))
                .set("listen.port=3")
                .set("defaults.request-timeout=1500ms")
                .set("cluster.id=00000000-0000-0001-0000-000000000002")
                .load();
        assertThat(config.listen().host()).isEqualTo("0.0.0.0");
        assertThat(config.listen().port()).isEqualTo(3);
        assertThat(config.httpPort()).isEqualTo(22);
        assertThat(config.storage().shards()).isEqualTo(3);
        assertThat(config.storage().segmentBytes()).isEqualTo(64L << 20);
        assertThat(config.limits().bytesInFlight()).isEqualTo(1L << 30);
        assertThat(config.defaults().requestTimeout()).isEqualTo(Duration.ofMillis(1500));
        assertThat(config.cluster().id()).hasToString("00000000-0000-0001-0000-000000000002");
    }

    @Test
    void everyKeyHasAnEnvironmentVariableOfItsOwn() {
        assertThat(Settings.all().stream().map(Setting::environmentVariable)).doesNotHaveDuplicates();
    }

    @Test
    void requiresADataDirectory() {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> new ConfigLoader(1, 1L << 30).load())
                .withMessageContaining("data-directory: is not set");
    }

    @ParameterizedTest
    @CsvSource({
        "listen.prot=1,listen.port",
        "storage.shard=1,storage.shards",
        "limit.max-batch-bytes=1MiB,limits.max-batch-bytes"
    })
    void suggestsTheNearestKeyWhenOneIsUnknown(String pair, String suggestion) {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> loader().set(pair))
                .withMessageContaining("Did you mean '" + suggestion + "'?")
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.UNKNOWN_CONFIG));
    }

    @Test
    void refusesUnknownVariablesWithOurPrefix() {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> loader().environment(Map.of("MILLRACE_LISTEN_PROT", "1")))
                .withMessageContaining("MILLRACE_LISTEN_PROT")
                .withMessageContaining("MILLRACE_LISTEN_PORT");
    }

    @ParameterizedTest
    @CsvSource({
        "listen.port,70000,0 to 65535",
        "listen.port,many,0 to 65535",
        "storage.segment-bytes,1KiB,1MiB to 1GiB",
        "storage.segment-bytes,12parsecs,1MiB to 1GiB",
        "defaults.request-timeout,30,100ms to 10m",
        "defaults.request-timeout,1ms,100ms to 10m",
        "cluster.broker-id,0,1 to 2147483647",
        "limits.bytes-in-flight,99999999999999999999,8MiB to 64GiB"
    })
    void namesKeyAndRangeWhenAValueIsWrong(String key, String value, String range) {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> loader().set(key, value).load())
                .withMessageStartingWith(key + ":")
                .withMessageContaining(value)
                .withMessageContaining(range)
                .withMessageContaining("command line")
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_CONFIG));
    }

    @Test
    void saysWhatIsWrongWithAFile() {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> loader().yaml("listen: [1, 2]", "millrace.yaml"))
                .withMessageContaining("listen");
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> loader().yaml("a: b: c", "millrace.yaml"))
                .withMessageContaining("is not YAML");
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> loader().file(Path.of("/no/such/file.yaml")))
                .withMessageContaining("/no/such/file.yaml");
    }
}
