package io.millrace.broker.metadata;

import io.millrace.broker.cluster.Peer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A broker of the cluster.
 *
 * @param id never reused
 * @param incarnation of its data directory
 * @param former incarnations that it had before, oldest first: their directories must not come back
 */
public record BrokerEntry(
        int id, String rack, List<Listener> listeners, int incarnation, State state, List<Integer> former) {
    /** The name of the listener that Millrace's own clients use. */
    public static final String MILLRACE_LISTENER = "millrace";

    // Of a member of a cluster, for the other brokers:
    private static final String INTERNAL_LISTENER = "internal";
    private static final String RAFT_LISTENER = "raft";
    private static final String PAYLOAD_LISTENER = "payload";

    /** Former incarnations that are remembered; a disk is not lost more often. */
    private static final int MAX_FORMER = 64;

    public BrokerEntry {
        listeners = List.copyOf(listeners);
        former = List.copyOf(former);
    }

    /** Whether a broker is to carry replicas. */
    public enum State {
        ACTIVE,
        /** Its replicas are to move elsewhere. */
        DRAINING,
        /** It is no member any more. */
        REMOVED
    }

    /** Where and how a broker is reached. */
    public record Listener(String name, String protocol, String security, String host, int port) {}

    /** An active broker, as it registers itself. {@code peer} null: it stands alone. */
    public static BrokerEntry of(
            int id, int incarnation, String rack, String clientHost, int clientPort, @Nullable Peer peer) {
        List<Listener> listeners = new ArrayList<>();
        listeners.add(new Listener(MILLRACE_LISTENER, "grpc", "plaintext", clientHost, clientPort));
        if (peer != null) {
            listeners.add(new Listener(INTERNAL_LISTENER, "grpc", "plaintext", peer.host(), peer.clusterPort()));
            listeners.add(new Listener(RAFT_LISTENER, "raft", "plaintext", peer.host(), peer.raftPort()));
            listeners.add(new Listener(PAYLOAD_LISTENER, "stream", "plaintext", peer.host(), peer.payloadPort()));
        }
        return new BrokerEntry(id, rack, listeners, incarnation, State.ACTIVE, List.of());
    }

    public @Nullable Listener listener(String name) {
        return listeners.stream()
                .filter(one -> one.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    /** Where clients reach it; null: nowhere. */
    public @Nullable Listener client() {
        return listener(MILLRACE_LISTENER);
    }

    /** How other brokers reach it; null: it stands alone. */
    public @Nullable Peer peer() {
        Listener internal = listener(INTERNAL_LISTENER);
        Listener raft = listener(RAFT_LISTENER);
        Listener payload = listener(PAYLOAD_LISTENER);
        return internal == null || raft == null || payload == null
                ? null
                : new Peer(id, incarnation, internal.host(), internal.port(), raft.port(), payload.port());
    }

    BrokerEntry withState(State next) {
        return new BrokerEntry(id, rack, listeners, incarnation, next, former);
    }

    /** Renewed by {@code next}, which the broker says of itself: what the cluster says of it stays. */
    BrokerEntry renewedBy(BrokerEntry next) {
        List<Integer> past = new ArrayList<>(former);
        if (next.incarnation() != incarnation) {
            past.add(incarnation);
            if (past.size() > MAX_FORMER) {
                past.remove(0);
            }
        }
        return new BrokerEntry(id, next.rack(), next.listeners(), next.incarnation(), state, past);
    }
}
