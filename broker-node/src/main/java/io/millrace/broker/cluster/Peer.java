package io.millrace.broker.cluster;

/**
 * A broker with its data directory, and where other brokers reach it.
 *
 * @param incarnation of the data directory: a broker that lost its disk is another peer
 */
public record Peer(int broker, int incarnation, String host, int clusterPort, int raftPort, int payloadPort) {
    /** The same broker with the same data directory, wherever it listens. */
    public boolean isSame(Peer other) {
        return broker == other.broker && incarnation == other.incarnation;
    }

    public Address address() {
        return new Address(host, clusterPort);
    }
}
