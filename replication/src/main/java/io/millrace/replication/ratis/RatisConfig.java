package io.millrace.replication.ratis;

import io.millrace.replication.RaftVoter;
import java.util.UUID;
import java.util.function.LongSupplier;

/**
 * Who this broker is among the peers, and where it listens for them.
 *
 * @param clusterId names the cluster; group ids are derived from it, so that two clusters never talk to each other
 * @param brokerId of this broker
 * @param incarnation of the broker's disk: a broker that lost its disk comes back as a new peer
 * @param host to listen on for Raft; a loopback address where the broker stands alone
 * @param port to listen on; 0: a free one
 * @param isAlone no other broker has a replica of any shard: the port answers nobody
 * @param retained what the Raft logs keep for replicas that are behind
 * @param proposalTimeoutMillis after which a proposal that was not decided fails as unknown
 * @param stallTimeoutMillis after which a Raft log that does not get its own entries to disk stops the node
 * @param nanos a monotonic clock
 */
public record RatisConfig(
        UUID clusterId,
        int brokerId,
        int incarnation,
        String host,
        int port,
        boolean isAlone,
        Retained retained,
        long proposalTimeoutMillis,
        long stallTimeoutMillis,
        LongSupplier nanos) {

    public RatisConfig {
        if (port < 0 || port > 65_535 || proposalTimeoutMillis <= 0 || stallTimeoutMillis <= 0) {
            throw new IllegalArgumentException(
                    "port " + port + ", timeouts " + proposalTimeoutMillis + " and " + stallTimeoutMillis + " ms");
        }
    }

    /**
     * Bounds, for each shard, of the entries that stay in the Raft log, and of their payload that stays in the shard log, for a replica that is
     * behind. One that is further behind copies a checkpoint.
     */
    public record Retained(long entries, long payloadBytes) {
        /** An entry takes some hundred bytes of heap. */
        public static final Retained DEFAULT = new Retained(200_000, 2L << 30);
    }

    /** A broker that stands alone: a free port on loopback, 15 s for a proposal, 30 s for the disk. */
    public static RatisConfig alone(UUID clusterId, int brokerId, int incarnation, LongSupplier nanos) {
        return new RatisConfig(
                clusterId, brokerId, incarnation, "127.0.0.1", 0, true, Retained.DEFAULT, 15_000, 30_000, nanos);
    }

    /** A broker among others, which reach its Raft server at this address. */
    public static RatisConfig member(
            UUID clusterId, int brokerId, int incarnation, String host, int port, LongSupplier nanos) {
        return new RatisConfig(
                clusterId, brokerId, incarnation, host, port, false, Retained.DEFAULT, 15_000, 30_000, nanos);
    }

    /** The id of this broker as a Raft peer. */
    public String peerId() {
        return RaftVoter.peerId(brokerId, incarnation);
    }
}
