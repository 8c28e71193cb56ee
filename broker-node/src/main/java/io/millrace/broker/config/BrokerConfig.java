package io.millrace.broker.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The settings of one broker, checked: a value that exists is a value that can be used. Meaning, range and default of each stand in
 * {@link Settings}; {@link ConfigLoader} makes one from file, environment and command line.
 */
public record BrokerConfig(
        Path dataDirectory,
        Listen listen,
        int httpPort,
        Cluster cluster,
        Storage storage,
        Limits limits,
        Defaults defaults,
        Duration stopGrace) {
    public BrokerConfig {
        Settings.HTTP_PORT.check(httpPort);
        Settings.STOP_GRACE.check(stopGrace);
    }

    /**
     * Where clients connect.
     *
     * @param advertisedHost empty: {@code host}
     * @param advertisedPort 0: the port that was bound
     */
    public record Listen(String host, int port, String advertisedHost, int advertisedPort) {
        public Listen {
            if (host.isBlank()) {
                throw Settings.LISTEN_HOST.refused("is empty");
            }
            Settings.LISTEN_PORT.check(port);
            Settings.ADVERTISED_PORT.check(advertisedPort);
        }
    }

    /** @param id null: what the directory says, or a new one */
    public record Cluster(@Nullable UUID id, int brokerId, String rack) {
        public Cluster {
            Settings.BROKER_ID.check(brokerId);
        }
    }

    public record Storage(int shards, long segmentBytes, long diskReserveBytes) {
        public Storage {
            Settings.SHARDS.check(shards);
            Settings.SEGMENT_BYTES.check(segmentBytes);
            Settings.DISK_RESERVE.check(diskReserveBytes);
        }
    }

    public record Limits(
            int maxBatchBytes,
            int maxResponseBytes,
            long bytesInFlight,
            int maxCallsPerConnection,
            int maxPartitionsPerTopic) {
        public Limits {
            Settings.MAX_BATCH_BYTES.check((long) maxBatchBytes);
            Settings.MAX_RESPONSE_BYTES.check((long) maxResponseBytes);
            Settings.BYTES_IN_FLIGHT.check(bytesInFlight);
            Settings.MAX_CALLS.check(maxCallsPerConnection);
            Settings.MAX_PARTITIONS.check(maxPartitionsPerTopic);
        }
    }

    public record Defaults(int partitions, Duration requestTimeout) {
        public Defaults {
            Settings.DEFAULT_PARTITIONS.check(partitions);
            Settings.REQUEST_TIMEOUT.check(requestTimeout);
        }
    }
}
