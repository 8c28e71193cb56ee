package io.millrace.broker.config;

import io.millrace.broker.cluster.Address;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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
        Peers peers,
        Storage storage,
        Limits limits,
        Defaults defaults,
        Duration stopGrace) {
    public BrokerConfig {
        Settings.HTTP_PORT.check(httpPort);
        Settings.STOP_GRACE.check(stopGrace);
        if (!peers.seeds().isEmpty()) {
            checkPorts(listen.port(), httpPort, peers);
        }
    }

    private static void checkPorts(int grpcPort, int httpPort, Peers peers) {
        Set<Integer> used = new HashSet<>();
        for (int port : new int[] {
            grpcPort, httpPort, peers.clusterPort(), peers.raftPort(), peers.payloadPort(),
        }) {
            if (port != 0 && !used.add(port)) {
                throw Settings.CLUSTER_PORT.refused("port " + port
                        + " is given twice: listen.port, http.port, cluster.port, cluster.raft-port and"
                        + " cluster.payload-port must differ");
            }
        }
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

    /**
     * How this broker is a member of a cluster.
     *
     * @param seeds empty: it stands alone, and the rest means nothing
     * @param advertisedHost empty: {@code host}
     */
    public record Peers(
            List<Address> seeds, String host, String advertisedHost, int clusterPort, int raftPort, int payloadPort) {
        public Peers {
            seeds = List.copyOf(seeds);
            Settings.CLUSTER_PORT.check(clusterPort);
            Settings.RAFT_PORT.check(raftPort);
            Settings.PAYLOAD_PORT.check(payloadPort);
            if (Set.copyOf(seeds).size() != seeds.size()) {
                throw Settings.SEEDS.refused("names a broker twice");
            }
        }

        /** A broker that stands alone. */
        public static Peers none() {
            return new Peers(List.of(), "127.0.0.1", "", 7072, 7073, 7074);
        }

        /** Where other brokers connect. */
        public String reachedAt() {
            return advertisedHost.isEmpty() ? host : advertisedHost;
        }
    }

    /**
     * @param rewriteRate bytes per second
     * @param scrubRate bytes per second; 0: never
     */
    public record Storage(
            int shards,
            long segmentBytes,
            long diskReserveBytes,
            long rewriteRate,
            long scrubRate,
            Duration scrubInterval) {
        public Storage {
            Settings.SHARDS.check(shards);
            Settings.SEGMENT_BYTES.check(segmentBytes);
            Settings.DISK_RESERVE.check(diskReserveBytes);
            Settings.REWRITE_RATE.check(rewriteRate);
            Settings.SCRUB_RATE.check(scrubRate);
            Settings.SCRUB_INTERVAL.check(scrubInterval);
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
