package io.millrace.broker.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.millrace.broker.cluster.Address;
import io.millrace.error.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Puts a {@link BrokerConfig} together. Later sources win: defaults, the YAML file, environment variables ({@code MILLRACE_LISTEN_PORT}),
 * {@code key=value} pairs of the command line. A key that does not exist and a value out of range are errors, wherever they were set.
 */
public final class ConfigLoader {
    private static final String ENVIRONMENT_PREFIX = "MILLRACE_";

    /** Variables with our prefix that are not settings: they belong to the launcher. */
    private static final List<String> FOREIGN_VARIABLES = List.of(
            "MILLRACE_HOME",
            "MILLRACE_JAVA_OPTS",
            "MILLRACE_HEAP",
            "MILLRACE_NO_BUILD",
            "MILLRACE_BOOTSTRAP",
            "MILLRACE_LOG_FORMAT",
            "MILLRACE_LOG_LEVEL");

    private final int processors;
    private final long heapBytes;
    private final Map<String, Value> values = new HashMap<>();

    private record Value(String text, String origin) {}

    /** Takes the processors and the heap of this machine: what {@code auto} is computed from. */
    public ConfigLoader(int processors, long heapBytes) {
        this.processors = processors;
        this.heapBytes = heapBytes;
    }

    public ConfigLoader file(Path file) {
        try {
            return yaml(Files.readString(file), file.toString());
        } catch (NoSuchFileException e) {
            throw new ConfigException(ErrorCode.INVALID_CONFIG, "There is no configuration file " + file + ".");
        } catch (IOException e) {
            throw new ConfigException(
                    ErrorCode.INVALID_CONFIG, "The configuration file " + file + " cannot be read: " + e.getMessage());
        }
    }

    ConfigLoader yaml(String text, String origin) {
        JsonNode root;
        try {
            root = new YAMLMapper().readTree(text);
        } catch (JsonProcessingException e) {
            throw new ConfigException(ErrorCode.INVALID_CONFIG, origin + " is not YAML: " + e.getOriginalMessage());
        }
        if (root != null && !root.isMissingNode() && !root.isNull()) {
            flatten("", root, origin);
        }
        return this;
    }

    private void flatten(String path, JsonNode node, String origin) {
        if (node.isObject()) {
            node.properties()
                    .forEach(property -> flatten(
                            path.isEmpty() ? property.getKey() : path + "." + property.getKey(),
                            property.getValue(),
                            origin));
        } else if (node.isArray()) {
            throw new ConfigException(
                    ErrorCode.INVALID_CONFIG, path + ": a list (" + origin + ") where one value belongs.");
        } else if (path.isEmpty()) {
            throw new ConfigException(ErrorCode.INVALID_CONFIG, origin + " holds no keys: write key: value lines.");
        } else {
            put(path, node.isNull() ? "" : node.asText(), origin);
        }
    }

    public ConfigLoader environment(Map<String, String> environment) {
        Map<String, String> keys = new HashMap<>();
        Settings.all().forEach(setting -> keys.put(setting.environmentVariable(), setting.key()));
        environment.forEach((variable, text) -> {
            String key = keys.get(variable);
            if (key != null) {
                put(key, text, "environment variable " + variable);
            } else if (variable.startsWith(ENVIRONMENT_PREFIX) && !FOREIGN_VARIABLES.contains(variable)) {
                throw unknown(variable, "environment variable", keys.keySet());
            }
        });
        return this;
    }

    /** @param pair {@code key=value}, as on the command line */
    public ConfigLoader set(String pair) {
        int equals = pair.indexOf('=');
        if (equals <= 0) {
            throw new ConfigException(
                    ErrorCode.INVALID_CONFIG, "'" + pair + "' is not key=value, such as listen.port=7070.");
        }
        return set(pair.substring(0, equals).strip(), pair.substring(equals + 1));
    }

    public ConfigLoader set(String key, String text) {
        put(key, text, "command line");
        return this;
    }

    private void put(String key, String text, String origin) {
        List<String> known = Settings.all().stream().map(Setting::key).toList();
        if (!known.contains(key)) {
            throw unknown(key, origin, known);
        }
        values.put(key, new Value(text, origin));
    }

    private static ConfigException unknown(String key, String origin, Iterable<String> known) {
        Optional<String> suggestion = Spelling.closest(key, known);
        return new ConfigException(
                ErrorCode.UNKNOWN_CONFIG,
                "There is no setting '" + key + "' (" + origin + ")."
                        + suggestion.map(s -> " Did you mean '" + s + "'?").orElse("")
                        + " docs/configuration.md lists all settings.");
    }

    /** @throws ConfigException naming the first key that is missing or wrong */
    public BrokerConfig load() {
        String directory = value(Settings.DATA_DIRECTORY);
        if (directory.isEmpty()) {
            throw Settings.DATA_DIRECTORY.refused("is empty");
        }
        BrokerConfig config = new BrokerConfig(
                Path.of(directory).toAbsolutePath().normalize(),
                new BrokerConfig.Listen(
                        value(Settings.LISTEN_HOST),
                        value(Settings.LISTEN_PORT),
                        value(Settings.ADVERTISED_HOST),
                        value(Settings.ADVERTISED_PORT)),
                value(Settings.HTTP_PORT),
                new BrokerConfig.Cluster(clusterId(), value(Settings.BROKER_ID), value(Settings.RACK)),
                peers(),
                new BrokerConfig.Storage(
                        valueOr(Settings.SHARDS, Math.max(1, Math.min(2, processors / 4))),
                        value(Settings.SEGMENT_BYTES),
                        value(Settings.DISK_RESERVE),
                        value(Settings.REWRITE_RATE),
                        value(Settings.SCRUB_RATE),
                        value(Settings.SCRUB_INTERVAL)),
                new BrokerConfig.Limits(
                        Math.toIntExact(value(Settings.MAX_BATCH_BYTES)),
                        Math.toIntExact(value(Settings.MAX_RESPONSE_BYTES)),
                        valueOr(Settings.BYTES_IN_FLIGHT, Math.max(16L << 20, heapBytes / 5)),
                        value(Settings.MAX_CALLS),
                        value(Settings.MAX_PARTITIONS)),
                new BrokerConfig.Defaults(value(Settings.DEFAULT_PARTITIONS), value(Settings.REQUEST_TIMEOUT)),
                value(Settings.STOP_GRACE));
        if (config.defaults().partitions() > config.limits().maxPartitionsPerTopic()) {
            throw Settings.DEFAULT_PARTITIONS.refused("is above " + Settings.MAX_PARTITIONS.key());
        }
        return config;
    }

    private BrokerConfig.Peers peers() {
        List<Address> seeds;
        try {
            seeds = Address.parseList(value(Settings.SEEDS));
        } catch (IllegalArgumentException e) {
            throw Settings.SEEDS.refused(String.valueOf(e.getMessage()));
        }
        String host = value(Settings.CLUSTER_HOST);
        return new BrokerConfig.Peers(
                seeds,
                host.isEmpty() ? value(Settings.LISTEN_HOST) : host,
                value(Settings.CLUSTER_ADVERTISED_HOST),
                value(Settings.CLUSTER_PORT),
                value(Settings.RAFT_PORT),
                value(Settings.PAYLOAD_PORT));
    }

    private @Nullable UUID clusterId() {
        String text = value(Settings.CLUSTER_ID);
        if (text.isEmpty()) {
            return null;
        }
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw Settings.CLUSTER_ID.refused("'" + text + "' is not a UUID");
        }
    }

    private <T extends Comparable<? super T>> T value(Setting<T> setting) {
        Value value = values.get(setting.key());
        String standard = setting.defaultText();
        if (value != null) {
            return setting.parse(value.text(), value.origin());
        }
        if (standard == null) {
            throw setting.refused("is not set");
        }
        return setting.parse(standard, "default");
    }

    private <T extends Comparable<? super T>> T valueOr(Setting<T> setting, T automatic) {
        Value value = values.get(setting.key());
        return value == null || value.text().strip().equals(Settings.AUTO)
                ? automatic
                : setting.parse(value.text(), value.origin());
    }
}
