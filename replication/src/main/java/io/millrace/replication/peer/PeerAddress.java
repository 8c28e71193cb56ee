package io.millrace.replication.peer;

/**
 * Where the streams of a broker are accepted.
 *
 * @param incarnation of the broker's disk; {@link #ANY_INCARNATION} where it is not known yet
 */
public record PeerAddress(String host, int port, int incarnation) {
    public static final int ANY_INCARNATION = 0;

    public PeerAddress {
        if (host.isBlank()) {
            throw new IllegalArgumentException("a peer needs a host");
        }
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("no port: " + port);
        }
    }

    boolean expects(int found) {
        return incarnation == ANY_INCARNATION || incarnation == found;
    }
}
