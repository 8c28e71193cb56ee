package io.millrace.broker.metadata;

import io.millrace.broker.cluster.LeaderTable.Leader;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.replication.PartitionStatus;
import io.millrace.replication.Shard;
import io.millrace.replication.state.PartitionId;
import java.util.List;
import java.util.UUID;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the shard of a partition by what a client calls it. Thread safe; holds nothing but the newest image.
 *
 * <p>Faults: UNKNOWN_TOPIC, UNKNOWN_PARTITION, TOPIC_NOT_READY, NOT_LEADER, SHARD_UNAVAILABLE.
 */
public final class Partitions {
    private final Supplier<ClusterImage> image;
    private final IntFunction<@Nullable Shard> shards;

    private final Routes routes;

    /** Shards by id; null for one that is not open here. */
    public Partitions(Supplier<ClusterImage> image, IntFunction<@Nullable Shard> shards, Routes routes) {
        this.image = image;
        this.shards = shards;
        this.routes = routes;
    }

    /** A partition that exists, and where it lives. */
    public record Place(Topic topic, PartitionId id, Shard shard) {
        public String resource() {
            return Topic.resource(topic.name(), id.number());
        }

        /** As of the last applied entry. */
        public PartitionStatus status() {
            PartitionStatus status = shard.partition(id);
            if (status == null) {
                throw Fault.of(
                                ErrorCode.TOPIC_NOT_READY,
                                resource(),
                                "The partition is not there yet: its topic is being created or deleted. Try again.")
                        .asException();
            }
            return status;
        }
    }

    public ClusterImage image() {
        return image.get();
    }

    /** A topic that is LIVE. */
    public Topic topic(String name) {
        return live(image.get().topic(name), name);
    }

    /** A topic in any state. */
    public Topic anyTopic(String name) {
        Topic topic = image.get().topic(name);
        return topic == null ? live(null, name) : topic;
    }

    /** By id where there is one, else by name. */
    public Place place(@Nullable UUID topicId, String name, int number) {
        ClusterImage current = image.get();
        Topic topic = topicId == null
                ? live(current.topic(name), name)
                : live(current.topic(topicId), name.isEmpty() ? topicId.toString() : name);
        return place(topic, number);
    }

    public Place place(Topic topic, int number) {
        if (number < 0 || number >= topic.partitions().size()) {
            throw Fault.of(
                            ErrorCode.UNKNOWN_PARTITION,
                            Topic.resource(topic.name(), number),
                            "The topic has the partitions 0 to "
                                    + (topic.partitions().size() - 1) + ".")
                    .asException();
        }
        int shard = topic.partitions().get(number).shard();
        return new Place(topic, new PartitionId(topic.id(), number), led(shard, Topic.resource(topic.name(), number)));
    }

    /** The partitions named, or all of the topic where none is. */
    public List<Place> places(Topic topic, List<Integer> numbers) {
        return numbers(topic, numbers).stream()
                .map(number -> place(topic, number))
                .toList();
    }

    /** The numbers given, or all of the topic where none is. */
    public List<Integer> numbers(Topic topic, List<Integer> numbers) {
        return numbers.isEmpty()
                ? IntStream.range(0, topic.partitions().size()).boxed().toList()
                : numbers;
    }

    /** The shard that keeps what is said of a group by its name. */
    public int home(String group) {
        ClusterImage current = image.get();
        if (current.slots().isEmpty()) {
            throw Fault.of(ErrorCode.SHARD_UNAVAILABLE, "group/" + group, "The cluster is not formed yet. Try again.")
                    .asException();
        }
        return current.homeShard(group);
    }

    /** A shard that this broker answers for. */
    public Shard shard(int id) {
        return led(id, "shard/" + id);
    }

    private Shard led(int id, String resource) {
        Fault elsewhere = routes.elsewhere(id, resource);
        if (elsewhere != null) {
            throw elsewhere.asException();
        }
        Shard shard = shards.apply(id);
        if (shard == null) {
            throw Fault.of(
                            ErrorCode.SHARD_UNAVAILABLE,
                            "shard/" + id,
                            "The shard is not open on this broker; /readyz says why.")
                    .asException();
        }
        return shard;
    }

    /** This broker's replica of a shard, which may lag behind its leader; null: it has none. */
    public @Nullable Shard replica(int id) {
        return shards.apply(id);
    }

    /** Who leads a shard. */
    public Leader leader(int shard) {
        return routes.leader(shard);
    }

    private Topic live(@Nullable Topic topic, String name) {
        if (topic == null && !routes.isCurrent()) {
            throw Fault.of(
                            ErrorCode.SHARD_UNAVAILABLE,
                            Topic.resource(name),
                            "The topic is not known here, and this broker may not have the newest metadata. Try again.")
                    .asException();
        }
        if (topic == null || topic.state() == Topic.State.DELETING) {
            throw Fault.of(
                            ErrorCode.UNKNOWN_TOPIC,
                            Topic.resource(name),
                            "There is no such topic. List the topics, or create it first.")
                    .asException();
        }
        if (topic.state() == Topic.State.CREATING) {
            throw Fault.of(ErrorCode.TOPIC_NOT_READY, topic.resource(), "The topic is being created. Try again.")
                    .asException();
        }
        return topic;
    }
}
