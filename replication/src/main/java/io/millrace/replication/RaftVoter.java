package io.millrace.replication;

/**
 * A replica of a shard as Raft knows it. A broker that lost its disk is another peer: its old votes must not count for what its new disk holds.
 *
 * @param incarnation of the broker's data directory
 * @param host and {@code raftPort}: where Raft reaches it; stands in the replicated configuration
 */
public record RaftVoter(int brokerId, int incarnation, String host, int raftPort) {
    /** The id as a Raft peer: {@code b<broker>-<incarnation>}. */
    public String peerId() {
        return peerId(brokerId, incarnation);
    }

    public static String peerId(int brokerId, int incarnation) {
        return "b" + brokerId + "-" + incarnation;
    }

    /** The broker in a peer id. Throws {@link IllegalArgumentException} for one that {@link #peerId} did not make. */
    public static int brokerId(String peerId) {
        int dash = peerId.indexOf('-');
        if (dash < 2 || peerId.charAt(0) != 'b') {
            throw new IllegalArgumentException("not a peer id of ours: " + peerId);
        }
        return Integer.parseInt(peerId, 1, dash, 10);
    }

    /** The incarnation in a peer id. */
    public static int incarnation(String peerId) {
        brokerId(peerId);
        return Integer.parseInt(peerId.substring(peerId.indexOf('-') + 1));
    }
}
