package io.millrace.replication.peer;

import java.util.UUID;

/**
 * What a broker's peer streams need to know.
 *
 * @param incarnation of this broker's disk: told to the peers
 * @param host to listen on
 * @param port to listen on; 0: a free one, {@link NettyPeerStreams#port()} tells which
 */
public record PeerConfig(
        UUID clusterId, int brokerId, int incarnation, String host, int port, PeerLimits limits, PeerTimes times) {

    public PeerConfig(UUID clusterId, int brokerId, int incarnation, String host, int port) {
        this(clusterId, brokerId, incarnation, host, port, PeerLimits.standard(), PeerTimes.standard());
    }
}
