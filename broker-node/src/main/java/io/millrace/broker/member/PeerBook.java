package io.millrace.broker.member;

import io.millrace.broker.cluster.Formation;
import io.millrace.broker.cluster.Peer;
import io.millrace.broker.metadata.BrokerEntry;
import io.millrace.broker.metadata.ClusterImage;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.replication.RaftVoter;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where the brokers of the cluster are: as the metadata says, and before it says anything of a broker, as the cluster began. Thread safe.
 */
final class PeerBook {
    private final Formation formation;
    private final Supplier<ClusterImage> image;
    private final Map<Integer, Peer> learnt = new ConcurrentHashMap<>();

    PeerBook(Formation formation, Supplier<ClusterImage> image) {
        this.formation = formation;
        this.image = image;
    }

    /** Takes note of what a broker said of itself; what the metadata says of it counts more. */
    void learn(Peer peer) {
        learnt.put(peer.broker(), peer);
    }

    /** Null: unknown, or removed. */
    @Nullable
    Peer peer(int broker) {
        return all().get(broker);
    }

    /** Where Raft reaches a broker; null: unknown. */
    @Nullable
    RaftVoter voter(int broker) {
        Peer peer = peer(broker);
        return peer == null ? null : voter(peer);
    }

    static RaftVoter voter(Peer peer) {
        return new RaftVoter(peer.broker(), peer.incarnation(), peer.host(), peer.raftPort());
    }

    /** By broker id. */
    Map<Integer, Peer> all() {
        Map<Integer, Peer> all = new TreeMap<>();
        formation.voters().forEach(voter -> all.put(voter.broker(), voter));
        all.putAll(learnt);
        for (BrokerEntry entry : image.get().brokers().values()) {
            Peer peer = entry.peer();
            if (peer == null || entry.state() == BrokerEntry.State.REMOVED) {
                all.remove(entry.id());
            } else {
                all.put(entry.id(), peer);
            }
        }
        return all;
    }

    /** Why a broker with this incarnation is not one of us any more; null: it is, or may become one. */
    @Nullable
    Fault stranger(int broker, int incarnation) {
        BrokerEntry entry = image.get().brokers().get(broker);
        if (entry == null) {
            return null;
        }
        if (entry.former().contains(incarnation)) {
            return Fault.of(
                    ErrorCode.STALE_BROKER,
                    "broker/" + broker,
                    "Broker " + broker
                            + " has come back with another data directory since; this one is not taken again."
                            + " Start the broker on an empty directory.");
        }
        return entry.state() == BrokerEntry.State.REMOVED
                ? Fault.of(
                        ErrorCode.STALE_BROKER,
                        "broker/" + broker,
                        "Broker " + broker + " was removed from the cluster; its id is not used again.")
                : null;
    }
}
