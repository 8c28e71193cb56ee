package io.millrace.replication.peer;

/**
 * How long the peer streams wait, in milliseconds.
 *
 * @param connect for a connection to be there
 * @param handshake for a peer to say who it is, and to answer
 * @param ping how often a side that has nothing to say says so
 * @param silence after which a peer that says nothing is given up
 * @param retry before the second try to connect; it doubles with each further one
 * @param retryMax the longest time between two tries
 */
public record PeerTimes(int connect, int handshake, int ping, int silence, int retry, int retryMax) {
    public PeerTimes {
        if (connect < 1 || handshake < 1 || ping < 1 || silence < 2 * ping || retry < 1 || retryMax < retry) {
            throw new IllegalArgumentException("times of peer streams: " + connect + ", " + handshake + ", " + ping
                    + ", " + silence + ", " + retry + ", " + retryMax);
        }
    }

    public static PeerTimes standard() {
        return new PeerTimes(1_000, 2_000, 500, 5_000, 50, 1_000);
    }
}
