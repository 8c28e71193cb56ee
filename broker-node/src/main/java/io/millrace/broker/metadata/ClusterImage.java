package io.millrace.broker.metadata;

import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What the cluster is made of, at one moment: brokers, shards, topics, coordination slots and producer ids given away. Immutable and pure:
 * a change answers a new image or a refusal, the same on every replica.
 *
 * @param clusterId null: the cluster is not formed yet
 * @param version rises with every change
 * @param topics by id, in every state
 * @param topicIds by name; a topic keeps its name until it is gone
 * @param slots coordination slot → shard; {@link #SLOTS} of them once formed
 * @param nextProducerId ids below it are given away, for ever
 */
public record ClusterImage(
        @Nullable UUID clusterId,
        long version,
        SortedMap<Integer, BrokerEntry> brokers,
        SortedMap<Integer, ShardEntry> shards,
        Map<UUID, Topic> topics,
        Map<String, UUID> topicIds,
        List<Integer> slots,
        long nextProducerId) {
    public static final int SLOTS = 1024;

    public static final ClusterImage EMPTY =
            new ClusterImage(null, 0, new TreeMap<>(), new TreeMap<>(), Map.of(), Map.of(), List.of(), 0);

    /** What came of a change. */
    public sealed interface Outcome {
        /** @param producerIds the first id taken, by {@link #takeProducerIds}; else -1 */
        record Changed(ClusterImage image, long producerIds) implements Outcome {}

        /** Nothing to do: it was so already. */
        record Unchanged() implements Outcome {}

        record Refused(Fault fault) implements Outcome {}
    }

    /** A topic to be. */
    public record NewTopic(
            UUID id,
            String namespace,
            String name,
            int partitions,
            int replication,
            Placement placement,
            Map<String, String> config,
            Map<String, String> foreignConfig,
            List<String> features) {
        public NewTopic {
            config = Map.copyOf(config);
            foreignConfig = Map.copyOf(foreignConfig);
            features = List.copyOf(features);
        }
    }

    public @Nullable Topic topic(String name) {
        UUID id = topicIds.get(name);
        return id == null ? null : topics.get(id);
    }

    public @Nullable Topic topic(UUID id) {
        return topics.get(id);
    }

    /** The shard of a group's or queue's coordination slot. Stands in the format: the hash is for ever. */
    public int homeShard(String name) {
        int hash = 0;
        for (int i = 0; i < name.length(); i++) {
            hash = 31 * hash + name.charAt(i);
        }
        hash ^= hash >>> 16;
        return slots.get(Math.floorMod(hash, SLOTS));
    }

    /** How many replicas each data shard has; topics live in shards, and have as many. */
    public int replication() {
        return shards.values().stream()
                .filter(shard -> shard.kind() == ShardEntry.Kind.DATA)
                .mapToInt(shard -> shard.replicas().size())
                .min()
                .orElse(1);
    }

    /** The first change of all. */
    public Outcome form(UUID cluster, List<ShardEntry> initialShards) {
        if (clusterId != null) {
            return clusterId.equals(cluster)
                    ? new Outcome.Unchanged()
                    : refused(ErrorCode.WRONG_CLUSTER, "cluster/" + cluster, "This is cluster " + clusterId + ".");
        }
        List<Integer> data = initialShards.stream()
                .filter(shard -> shard.kind() == ShardEntry.Kind.DATA)
                .map(ShardEntry::id)
                .sorted()
                .toList();
        if (data.isEmpty()) {
            return refused(ErrorCode.INVALID_REQUEST, "cluster/" + cluster, "A cluster needs a data shard.");
        }
        NavigableMap<Integer, ShardEntry> formed = new TreeMap<>();
        initialShards.forEach(shard -> formed.put(shard.id(), shard));
        List<Integer> formedSlots = new ArrayList<>(SLOTS);
        for (int slot = 0; slot < SLOTS; slot++) {
            formedSlots.add(data.get(slot * data.size() / SLOTS));
        }
        return changed(new ClusterImage(
                cluster, version + 1, brokers, formed, topics, topicIds, List.copyOf(formedSlots), nextProducerId));
    }

    /**
     * A broker's entry, new or renewed by itself. With another incarnation it is one that lost its disk, and the incarnation before is over;
     * one that is over is refused, as is a broker that was removed.
     */
    public Outcome register(BrokerEntry broker) {
        BrokerEntry before = brokers.get(broker.id());
        if (before == null) {
            return changed(withBroker(broker));
        }
        if (before.former().contains(broker.incarnation())) {
            return refused(
                    ErrorCode.STALE_BROKER,
                    "broker/" + broker.id(),
                    "Broker " + broker.id() + " has come back with another data directory since; this one is not taken"
                            + " again. Start the broker on an empty directory.");
        }
        if (before.state() == BrokerEntry.State.REMOVED) {
            return refused(
                    ErrorCode.STALE_BROKER,
                    "broker/" + broker.id(),
                    "Broker " + broker.id()
                            + " was removed from the cluster; its id is not used again. Start with an empty"
                            + " directory and a new cluster.broker-id.");
        }
        BrokerEntry renewed = before.renewedBy(broker);
        return renewed.equals(before) ? new Outcome.Unchanged() : changed(withBroker(renewed));
    }

    /** ACTIVE and DRAINING to and fro, and from DRAINING to REMOVED where no shard is to have a replica there. */
    public Outcome setState(int broker, BrokerEntry.State next) {
        BrokerEntry before = brokers.get(broker);
        if (before == null) {
            return refused(ErrorCode.INVALID_REQUEST, "broker/" + broker, "There is no broker " + broker + ".");
        }
        if (before.state() == next) {
            return new Outcome.Unchanged();
        }
        if (before.state() == BrokerEntry.State.REMOVED) {
            return refused(ErrorCode.INVALID_REQUEST, "broker/" + broker, "The broker was removed, for good.");
        }
        if (next == BrokerEntry.State.REMOVED
                && (before.state() != BrokerEntry.State.DRAINING
                        || shards.values().stream()
                                .anyMatch(shard -> shard.replicas().contains(broker)))) {
            return refused(
                    ErrorCode.INVALID_REQUEST,
                    "broker/" + broker,
                    "The broker still is to carry replicas. Drain it first, and wait until none is left.");
        }
        return changed(withBroker(before.withState(next)));
    }

    /** Where the replicas of a shard are to be; the first is to lead. */
    public Outcome place(int shard, List<Integer> replicas) {
        ShardEntry before = shards.get(shard);
        if (before == null) {
            return refused(ErrorCode.INVALID_REQUEST, "shard/" + shard, "There is no shard " + shard + ".");
        }
        boolean areBrokers = replicas.stream().allMatch(this::isMember);
        if (replicas.isEmpty() || Set.copyOf(replicas).size() != replicas.size() || !areBrokers) {
            return refused(
                    ErrorCode.INVALID_REQUEST,
                    "shard/" + shard,
                    "Replicas stand on members of the cluster, one on each: " + replicas + " is asked for.");
        }
        if (before.replicas().equals(replicas)) {
            return new Outcome.Unchanged();
        }
        NavigableMap<Integer, ShardEntry> next = new TreeMap<>(shards);
        next.put(shard, new ShardEntry(shard, before.kind(), replicas));
        return changed(
                new ClusterImage(clusterId, version + 1, brokers, next, topics, topicIds, slots, nextProducerId));
    }

    private boolean isMember(int broker) {
        BrokerEntry entry = brokers.get(broker);
        return entry != null && entry.state() != BrokerEntry.State.REMOVED;
    }

    private ClusterImage withBroker(BrokerEntry broker) {
        NavigableMap<Integer, BrokerEntry> next = new TreeMap<>(brokers);
        next.put(broker.id(), broker);
        return new ClusterImage(clusterId, version + 1, next, shards, topics, topicIds, slots, nextProducerId);
    }

    /** A topic in state CREATING, its partitions laid on the data shards that carry the fewest. */
    public Outcome create(NewTopic wanted) {
        Topic same = topics.get(wanted.id());
        if (same != null && same.name().equals(wanted.name())) {
            return new Outcome.Unchanged();
        }
        Fault fault = TopicName.fault(wanted.name());
        if (fault != null) {
            return new Outcome.Refused(fault);
        }
        String resource = Topic.resource(wanted.name());
        Topic existing = topic(wanted.name());
        if (existing != null) {
            return refused(
                    ErrorCode.TOPIC_ALREADY_EXISTS,
                    resource,
                    existing.state() == Topic.State.DELETING
                            ? "A topic of this name is being deleted; try again in a moment."
                            : "A topic of this name exists.");
        }
        if (wanted.partitions() < 1) {
            return refused(ErrorCode.INVALID_REQUEST, resource, "A topic has at least one partition.");
        }
        if (wanted.replication() < 1 || wanted.replication() > replication()) {
            return refused(
                    ErrorCode.REPLICATION_UNSUPPORTED,
                    resource,
                    "Replication " + wanted.replication() + " is asked for; the shards of this cluster have "
                            + replication() + " replica(s).");
        }
        Topic topic = new Topic(
                wanted.id(),
                wanted.namespace(),
                wanted.name(),
                Topic.State.CREATING,
                wanted.placement(),
                wanted.replication(),
                layOut(wanted.partitions()),
                wanted.config(),
                wanted.foreignConfig(),
                wanted.features());
        return changed(withTopic(topic));
    }

    private List<Topic.Partition> layOut(int count) {
        Map<Integer, Integer> load = new TreeMap<>();
        shards.values().stream()
                .filter(shard -> shard.kind() == ShardEntry.Kind.DATA)
                .forEach(shard -> load.put(shard.id(), 0));
        topics.values().stream()
                .flatMap(topic -> topic.partitions().stream())
                .forEach(partition -> load.merge(partition.shard(), 1, Integer::sum));
        List<KeyRange> ranges = KeyRange.divide(count);
        List<Topic.Partition> partitions = new ArrayList<>(count);
        for (int number = 0; number < count; number++) {
            int shard = load.entrySet().stream()
                    .min(Map.Entry.<Integer, Integer>comparingByValue().thenComparing(Map.Entry.comparingByKey()))
                    .orElseThrow()
                    .getKey();
            load.merge(shard, 1, Integer::sum);
            partitions.add(new Topic.Partition(ranges.get(number), List.of(), List.of(new Topic.Link(shard, 0, 0))));
        }
        return partitions;
    }

    /** CREATING → LIVE. */
    public Outcome ready(UUID id) {
        Topic topic = topics.get(id);
        if (topic == null || topic.state() == Topic.State.DELETING) {
            return unknownTopic(id);
        }
        return topic.state() == Topic.State.LIVE
                ? new Outcome.Unchanged()
                : changed(withTopic(topic.withState(Topic.State.LIVE)));
    }

    /** CREATING or LIVE → DELETING. */
    public Outcome delete(UUID id) {
        Topic topic = topics.get(id);
        if (topic == null) {
            return unknownTopic(id);
        }
        return topic.state() == Topic.State.DELETING
                ? new Outcome.Unchanged()
                : changed(withTopic(topic.withState(Topic.State.DELETING)));
    }

    /** DELETING → gone; the name is free again. */
    public Outcome gone(UUID id) {
        Topic topic = topics.get(id);
        if (topic == null) {
            return new Outcome.Unchanged();
        }
        if (topic.state() != Topic.State.DELETING) {
            return refused(ErrorCode.INVALID_REQUEST, topic.resource(), "The topic is not being deleted.");
        }
        Map<UUID, Topic> nextTopics = new HashMap<>(topics);
        nextTopics.remove(id);
        Map<String, UUID> nextIds = new HashMap<>(topicIds);
        nextIds.remove(topic.name());
        return changed(new ClusterImage(
                clusterId,
                version + 1,
                brokers,
                shards,
                Map.copyOf(nextTopics),
                Map.copyOf(nextIds),
                slots,
                nextProducerId));
    }

    /** Sets and unsets a topic's settings, which the caller has checked. */
    public Outcome alter(UUID id, Map<String, String> set, List<String> reset) {
        Topic topic = topics.get(id);
        if (topic == null || topic.state() == Topic.State.DELETING) {
            return unknownTopic(id);
        }
        Map<String, String> next = new HashMap<>(topic.config());
        reset.forEach(next::remove);
        next.putAll(set);
        return next.equals(topic.config()) ? new Outcome.Unchanged() : changed(withTopic(topic.withConfig(next)));
    }

    /** Takes a block of producer ids. */
    public Outcome takeProducerIds(int count) {
        if (count < 1 || nextProducerId > Long.MAX_VALUE - count) {
            return refused(ErrorCode.INVALID_REQUEST, "producer-ids", "Cannot take " + count + " producer ids.");
        }
        return new Outcome.Changed(
                new ClusterImage(
                        clusterId, version + 1, brokers, shards, topics, topicIds, slots, nextProducerId + count),
                nextProducerId);
    }

    /** Topics in the order of their names. */
    public List<Topic> topicsByName() {
        return topics.values().stream()
                .sorted(Comparator.comparing(Topic::name))
                .toList();
    }

    private ClusterImage withTopic(Topic topic) {
        Map<UUID, Topic> nextTopics = new HashMap<>(topics);
        nextTopics.put(topic.id(), topic);
        Map<String, UUID> nextIds = new HashMap<>(topicIds);
        nextIds.put(topic.name(), topic.id());
        return new ClusterImage(
                clusterId,
                version + 1,
                brokers,
                shards,
                Map.copyOf(nextTopics),
                Map.copyOf(nextIds),
                slots,
                nextProducerId);
    }

    private static Outcome changed(ClusterImage image) {
        return new Outcome.Changed(image, -1);
    }

    private static Outcome unknownTopic(UUID id) {
        return refused(ErrorCode.UNKNOWN_TOPIC, "topic/" + id, "There is no such topic, or it is being deleted.");
    }

    private static Outcome refused(ErrorCode code, String resource, String message) {
        return new Outcome.Refused(Fault.of(code, resource, message));
    }
}
