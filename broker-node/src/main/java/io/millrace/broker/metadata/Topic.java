package io.millrace.broker.metadata;

import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;

/**
 * A topic. Immutable.
 *
 * @param namespace a field, not a prefix of the name; empty: the default one
 * @param partitions by number, dense, never reused
 * @param config what was set; {@link TopicConfig} knows the rest
 * @param foreignConfig of another protocol, kept verbatim
 */
public record Topic(
        UUID id,
        String namespace,
        String name,
        State state,
        Placement placement,
        int replication,
        List<Partition> partitions,
        Map<String, String> config,
        Map<String, String> foreignConfig,
        List<String> features) {

    public Topic {
        partitions = List.copyOf(partitions);
        config = Map.copyOf(config);
        foreignConfig = Map.copyOf(foreignConfig);
        features = List.copyOf(features);
    }

    /** CREATING → LIVE → DELETING → gone; a creation that fails goes CREATING → DELETING. */
    public enum State {
        CREATING,
        LIVE,
        DELETING
    }

    /**
     * A partition: the keys it owns, who must be drained before it, and where its records are.
     *
     * @param chain at least one element, in offset order
     */
    public record Partition(KeyRange keys, List<Integer> parents, List<Link> chain) {
        public Partition {
            parents = List.copyOf(parents);
            chain = List.copyOf(chain);
        }

        /** The shard that takes appends. */
        public int shard() {
            return chain.get(chain.size() - 1).shard();
        }
    }

    /** An element of a chain: from {@code firstOffset} on in this shard. Leader epoch = base + Raft term. */
    public record Link(int shard, long firstOffset, int epochBase) {}

    public Topic withState(State next) {
        return new Topic(
                id, namespace, name, next, placement, replication, partitions, config, foreignConfig, features);
    }

    public Topic withConfig(Map<String, String> next) {
        return new Topic(id, namespace, name, state, placement, replication, partitions, next, foreignConfig, features);
    }

    /** The shards that hold records of it. */
    public SortedSet<Integer> shards() {
        SortedSet<Integer> shards = new TreeSet<>();
        partitions.forEach(partition -> partition.chain().forEach(link -> shards.add(link.shard())));
        return shards;
    }

    /** What faults call it. */
    public String resource() {
        return resource(name);
    }

    public static String resource(String name) {
        return "topic/" + name;
    }

    public static String resource(String name, int partition) {
        return "topic/" + name + "/" + partition;
    }
}
