package io.millrace.client;

import java.util.List;

/**
 * The cluster as a broker knows it.
 *
 * @param id 32 hexadecimal digits
 * @param problems why something is not as it should be, a sentence each; empty: all is well
 * @param version of the broker that answered
 * @param protocol the wire protocol's version
 */
public record ClusterDescription(
        String id, List<Broker> brokers, List<Shard> shards, List<String> problems, String version, int protocol) {
    public ClusterDescription {
        brokers = List.copyOf(brokers);
        shards = List.copyOf(shards);
        problems = List.copyOf(problems);
    }

    /**
     * A broker and where clients reach it.
     *
     * @param state {@code active}, {@code draining} or {@code removed}; empty where the broker that answered is too old to tell
     * @param reachable the broker that answered has just heard of it
     */
    public record Broker(int id, String host, int port, String rack, String state, boolean reachable) {}

    /**
     * A Raft group.
     *
     * @param kind {@code metadata} or {@code data}
     * @param leader a broker's id, -1: none known
     * @param replicas the first is to lead
     */
    public record Shard(int id, String kind, int leader, long term, long appliedIndex, List<Replica> replicas) {
        public Shard {
            replicas = List.copyOf(replicas);
        }
    }

    /**
     * A replica of a shard.
     *
     * @param appliedIndex of the last entry that it has applied; -1: unknown
     * @param lag entries that the leader has applied and this replica has not
     * @param problem why it is out of use; empty: it serves
     */
    public record Replica(int broker, long appliedIndex, long lag, String problem) {}
}
