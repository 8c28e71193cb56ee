package io.millrace.broker.config;

import java.time.Duration;
import java.util.List;

/** All settings of a broker, in the order of the reference page. */
public final class Settings {
    /** What {@code auto} means is said in each setting's text and computed by {@link ConfigLoader}. */
    static final String AUTO = "auto";

    private static final long KIB = 1L << 10;
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;

    public static final Setting<String> DATA_DIRECTORY =
            Setting.text("data-directory", null, "Where everything is stored. Required; one broker per directory.");
    public static final Setting<String> LISTEN_HOST = Setting.text(
            "listen.host",
            "127.0.0.1",
            "Address that the gRPC and HTTP ports listen on. Anything but loopback is open to the network without"
                    + " authentication.");
    public static final Setting<Integer> LISTEN_PORT =
            Setting.number("listen.port", 0, 65_535, "7070", "gRPC port; 0 takes a free one.");
    public static final Setting<String> ADVERTISED_HOST = Setting.text(
            "listen.advertised-host", "", "Host name that clients are told to connect to. Empty: listen.host.");
    public static final Setting<Integer> ADVERTISED_PORT = Setting.number(
            "listen.advertised-port", 0, 65_535, "0", "Port that clients are told to connect to. 0: the gRPC port.");
    public static final Setting<Integer> HTTP_PORT = Setting.number(
            "http.port", 0, 65_535, "7071", "HTTP port of /metrics, /livez and /readyz; 0 takes a free one.");
    public static final Setting<String> CLUSTER_ID = Setting.text(
            "cluster.id",
            "",
            "Id of the cluster (a UUID) that this broker belongs to. Empty: the one in the data directory, or a new one"
                    + " for a new directory.");
    public static final Setting<Integer> BROKER_ID = Setting.number(
            "cluster.broker-id", 1, Integer.MAX_VALUE, "1", "Id of this broker, never reused in a cluster.");
    public static final Setting<String> RACK =
            Setting.text("cluster.rack", "", "Where this broker stands: a rack or availability zone.");
    public static final Setting<String> SEEDS = Setting.text(
            "cluster.seeds",
            "",
            "Brokers of the cluster, as host:port of their cluster.port, with commas between. A new cluster begins with 1, 3 or"
                    + " 5 of them, each with the same list, itself included. A further broker names some that run. Empty: the"
                    + " broker stands alone.");
    public static final Setting<String> CLUSTER_HOST = Setting.text(
            "cluster.host",
            "",
            "Address that the three cluster ports listen on. Empty: listen.host. There is no authentication between"
                    + " brokers: keep it to a closed network.");
    public static final Setting<String> CLUSTER_ADVERTISED_HOST = Setting.text(
            "cluster.advertised-host", "", "Host name that other brokers connect to. Empty: cluster.host.");
    public static final Setting<Integer> CLUSTER_PORT = Setting.number(
            "cluster.port",
            1,
            65_535,
            "7072",
            "Port for other brokers: joining, metadata. The three ports are opened only where cluster.seeds is set.");
    public static final Setting<Integer> RAFT_PORT = Setting.number(
            "cluster.raft-port",
            1,
            65_535,
            "7073",
            "Port for Raft between brokers. Stands in the replicated configuration: it stays as it is.");
    public static final Setting<Integer> PAYLOAD_PORT =
            Setting.number("cluster.payload-port", 1, 65_535, "7074", "Port for record bytes between brokers.");
    public static final Setting<Integer> SHARDS = Setting.number(
            "storage.shards",
            1,
            64,
            AUTO,
            "Data shards of a new broker, each one Raft group that carries many partitions; in a new cluster as many for"
                    + " each seed. auto: a quarter of the processors, at least 1, at most 2. Read when the directory is new;"
                    + " later it has no effect.");
    public static final Setting<Long> SEGMENT_BYTES = Setting.bytes(
            "storage.segment-bytes", MIB, GIB, "256MiB", "Size at which a segment file is sealed and the next begun.");
    public static final Setting<Long> DISK_RESERVE = Setting.bytes(
            "storage.disk-reserve",
            0,
            1024 * GIB,
            "1GiB",
            "Free space that appends leave alone: below it they are refused (STORAGE_FULL) until there is more.");
    public static final Setting<Long> REWRITE_RATE = Setting.bytes(
            "storage.rewrite-rate",
            64 * KIB,
            16 * GIB,
            "32MiB",
            "Bytes per second, all shards together, that are copied out of mostly dead segment files so that these can be"
                    + " deleted. Each is read and written once.");
    public static final Setting<Long> SCRUB_RATE = Setting.bytes(
            "storage.scrub-rate",
            0,
            16 * GIB,
            "8MiB",
            "Bytes per second, all shards together, at which the broker reads all that it stores to find damage while other"
                    + " replicas can still repair it. 0: never.");
    public static final Setting<Duration> SCRUB_INTERVAL = Setting.duration(
            "storage.scrub-interval",
            Duration.ofSeconds(1),
            Duration.ofDays(365),
            "1d",
            "From the begin of one such pass to the begin of the next; a pass that takes longer is followed at once.");
    public static final Setting<Long> MAX_BATCH_BYTES = Setting.bytes(
            "limits.max-batch-bytes",
            64 * KIB,
            64 * MIB,
            "16MiB",
            "Largest record batch that any topic may allow (its own max.batch.bytes), and largest request.");
    public static final Setting<Long> MAX_RESPONSE_BYTES = Setting.bytes(
            "limits.max-response-bytes",
            64 * KIB,
            64 * MIB,
            "4MiB",
            "Most record bytes in one fetch response, whatever the client asks for. A first batch that is larger still"
                    + " goes out.");
    public static final Setting<Long> BYTES_IN_FLIGHT = Setting.bytes(
            "limits.bytes-in-flight",
            8 * MIB,
            64 * GIB,
            AUTO,
            "Bytes of requests and responses that the broker holds at a time, for all clients together; beyond it flow"
                    + " control makes clients wait. auto: a fifth of the heap, at least 16MiB.");
    public static final Setting<Integer> MAX_CALLS = Setting.number(
            "limits.max-calls-per-connection", 1, 10_000, "256", "Calls (streams) that one connection may have open.");
    public static final Setting<Integer> MAX_PARTITIONS =
            Setting.number("limits.max-partitions-per-topic", 1, 100_000, "10000", "Most partitions of one topic.");
    public static final Setting<Integer> DEFAULT_PARTITIONS = Setting.number(
            "defaults.partitions", 1, 10_000, "4", "Partitions of a topic whose creator names no number.");
    public static final Setting<Duration> REQUEST_TIMEOUT = Setting.duration(
            "defaults.request-timeout",
            Duration.ofMillis(100),
            Duration.ofMinutes(10),
            "30s",
            "Time that a request may take where the client sets no deadline.");
    public static final Setting<Duration> STOP_GRACE = Setting.duration(
            "stop.grace",
            Duration.ZERO,
            Duration.ofMinutes(10),
            "10s",
            "Time that calls in flight are given to finish when the broker stops.");

    private static final List<Setting<?>> ALL = List.of(
            DATA_DIRECTORY,
            LISTEN_HOST,
            LISTEN_PORT,
            ADVERTISED_HOST,
            ADVERTISED_PORT,
            HTTP_PORT,
            CLUSTER_ID,
            BROKER_ID,
            RACK,
            SEEDS,
            CLUSTER_HOST,
            CLUSTER_ADVERTISED_HOST,
            CLUSTER_PORT,
            RAFT_PORT,
            PAYLOAD_PORT,
            SHARDS,
            SEGMENT_BYTES,
            DISK_RESERVE,
            REWRITE_RATE,
            SCRUB_RATE,
            SCRUB_INTERVAL,
            MAX_BATCH_BYTES,
            MAX_RESPONSE_BYTES,
            BYTES_IN_FLIGHT,
            MAX_CALLS,
            MAX_PARTITIONS,
            DEFAULT_PARTITIONS,
            REQUEST_TIMEOUT,
            STOP_GRACE);

    private Settings() {}

    public static List<Setting<?>> all() {
        return ALL;
    }
}
