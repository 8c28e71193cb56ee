package io.millrace.broker.metadata;

import io.millrace.broker.metadata.ClusterImage.NewTopic;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.replication.state.CommandResult;
import io.millrace.replication.state.PartitionId;
import io.millrace.replication.state.ShardCommand;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates, alters and deletes topics. Creation and deletion span shards and are sagas: the intent is committed in the metadata (CREATING,
 * DELETING), then idempotent commands go to the data shards, then the metadata is told the end (LIVE, gone). {@link #reconcile} takes up
 * what a crash or a fault left in the middle.
 *
 * <p>Thread safe; calls block for up to their deadline.
 */
public final class Topics {
    private static final Logger LOG = LoggerFactory.getLogger(Topics.class);

    /** Partitions made by one command, so that the entry's header stays small. */
    private static final int PARTITIONS_PER_COMMAND = 500;

    private final MetadataShard metadata;
    private final Partitions partitions;
    private final ShardCommands commands;
    private final Limits limits;
    private final RandomGenerator random;
    private final LongSupplier nanos;

    /** What a topic may be. */
    public record Limits(int defaultPartitions, int maxPartitions, int maxBatchBytes) {}

    /** What a client asks for; 0 partitions or replication: the default. */
    public record Request(
            String name, int partitions, int replication, Placement placement, Map<String, String> config) {
        public Request {
            config = Map.copyOf(config);
        }
    }

    public Topics(
            MetadataShard metadata,
            Partitions partitions,
            ShardCommands commands,
            Limits limits,
            RandomGenerator random,
            LongSupplier nanos) {
        this.metadata = metadata;
        this.partitions = partitions;
        this.commands = commands;
        this.limits = limits;
        this.random = random;
        this.nanos = nanos;
    }

    public TopicConfig effectiveConfig(Topic topic) {
        return TopicConfig.effective(topic.config(), limits.maxBatchBytes());
    }

    /** Returns the topic once it is LIVE; with {@code validateOnly} as it would be. */
    public Topic create(Request request, boolean validateOnly, long deadlineNanos) {
        NewTopic wanted = checked(request);
        if (validateOnly) {
            return created(metadata.image().create(wanted), wanted);
        }
        Topic topic = require(metadata.create(wanted).topic(wanted.id()), wanted.name());
        finishCreation(topic, deadlineNanos);
        return require(metadata.image().topic(wanted.id()), wanted.name());
    }

    private NewTopic checked(Request request) {
        String resource = Topic.resource(request.name());
        throwIf(TopicName.fault(request.name()));
        int count = request.partitions() == 0 ? limits.defaultPartitions() : request.partitions();
        if (count < 1 || count > limits.maxPartitions()) {
            throw Fault.of(
                            ErrorCode.INVALID_REQUEST,
                            resource,
                            request.partitions() + " partitions are asked for; a topic has 1 to "
                                    + limits.maxPartitions() + " (limits.max-partitions-per-topic).",
                            new Fault.LimitHit("limits.max-partitions-per-topic", limits.maxPartitions(), count))
                    .asException();
        }
        throwIf(TopicConfig.fault(resource, request.config(), limits.maxBatchBytes()));
        return new NewTopic(
                new UUID(random.nextLong(), random.nextLong()),
                "",
                request.name(),
                count,
                request.replication() == 0 ? metadata.image().replication() : request.replication(),
                request.placement(),
                request.config(),
                Map.of(),
                List.of());
    }

    private static Topic created(ClusterImage.Outcome outcome, NewTopic wanted) {
        if (outcome instanceof ClusterImage.Outcome.Refused refused) {
            throw refused.fault().asException();
        }
        ClusterImage.Outcome.Changed changed = (ClusterImage.Outcome.Changed) outcome;
        return require(changed.image().topic(wanted.id()), wanted.name());
    }

    private void finishCreation(Topic topic, long deadlineNanos) {
        for (int shard : topic.shards()) {
            List<ShardCommand.NewPartition> all = partitionsIn(topic, shard);
            for (int from = 0; from < all.size(); from += PARTITIONS_PER_COMMAND) {
                int to = Math.min(all.size(), from + PARTITIONS_PER_COMMAND);
                execute(shard, new ShardCommand.CreatePartitions(all.subList(from, to)), topic, deadlineNanos);
            }
        }
        try {
            metadata.ready(topic.id());
        } catch (FaultException e) {
            if (e.fault().code() == ErrorCode.UNKNOWN_TOPIC) {
                // It was deleted meanwhile, maybe before the shards were told of it: they must not keep it.
                for (int shard : topic.shards()) {
                    execute(shard, new ShardCommand.DropPartitions(topic.id()), topic, deadlineNanos);
                }
            }
            throw e;
        }
        LOG.info(
                "Topic {} is there: {} partitions, id {}",
                topic.name(),
                topic.partitions().size(),
                topic.id());
    }

    private static List<ShardCommand.NewPartition> partitionsIn(Topic topic, int shard) {
        List<ShardCommand.NewPartition> found = new ArrayList<>();
        for (int number = 0; number < topic.partitions().size(); number++) {
            for (Topic.Link link : topic.partitions().get(number).chain()) {
                if (link.shard() == shard) {
                    found.add(new ShardCommand.NewPartition(
                            new PartitionId(topic.id(), number), link.epochBase(), link.firstOffset()));
                }
            }
        }
        return found;
    }

    /** Returns once no shard has the topic any more. */
    public void delete(String name, long deadlineNanos) {
        Topic topic = partitions.anyTopic(name);
        metadata.delete(topic.id());
        finishDeletion(topic, deadlineNanos);
    }

    private void finishDeletion(Topic topic, long deadlineNanos) {
        for (int shard : topic.shards()) {
            execute(shard, new ShardCommand.DropPartitions(topic.id()), topic, deadlineNanos);
        }
        metadata.gone(topic.id());
        LOG.info("Topic {} is gone, id {}", topic.name(), topic.id());
    }

    private void execute(int shard, ShardCommand command, Topic topic, long deadlineNanos) {
        if (commands.execute(shard, command, topic.resource(), deadlineNanos)
                instanceof CommandResult.Refused refused) {
            throw refused.fault(topic.resource()).asException();
        }
    }

    /** What the partitions hold, by number, as their leaders say. */
    public Map<Integer, Bounds> bounds(Topic topic, long deadlineNanos) {
        return commands.bounds(topic, deadlineNanos);
    }

    /** Sets and unsets settings; with {@code validateOnly} the topic as it would be. */
    public Topic alter(String name, Map<String, String> set, List<String> reset, boolean validateOnly) {
        Topic topic = partitions.topic(name);
        throwIf(TopicConfig.fault(topic.resource(), set, limits.maxBatchBytes()));
        throwIf(TopicConfig.unknownKey(topic.resource(), reset));
        if (validateOnly) {
            ClusterImage.Outcome outcome = metadata.image().alter(topic.id(), set, reset);
            return outcome instanceof ClusterImage.Outcome.Changed changed
                    ? require(changed.image().topic(topic.id()), name)
                    : topic;
        }
        return require(metadata.alter(topic.id(), set, reset).topic(topic.id()), name);
    }

    /**
     * Finishes creations and deletions that stopped halfway. A fault of one topic is logged and leaves it for the next call. Returns how
     * many are still unfinished.
     */
    public int reconcile(long timeoutNanos) {
        int unfinished = 0;
        for (Topic topic : metadata.image().topicsByName()) {
            if (topic.state() == Topic.State.LIVE) {
                continue;
            }
            try {
                long deadline = nanos.getAsLong() + timeoutNanos;
                if (topic.state() == Topic.State.CREATING) {
                    finishCreation(topic, deadline);
                } else {
                    finishDeletion(topic, deadline);
                }
            } catch (FaultException e) {
                unfinished++;
                LOG.warn("Topic {} stays {}: {}", topic.name(), topic.state(), e.getMessage());
            }
        }
        return unfinished;
    }

    private static Topic require(@Nullable Topic topic, String name) {
        if (topic == null) {
            throw Fault.of(ErrorCode.UNKNOWN_TOPIC, Topic.resource(name), "There is no such topic.")
                    .asException();
        }
        return topic;
    }

    private static void throwIf(@Nullable Fault fault) {
        if (fault != null) {
            throw fault.asException();
        }
    }
}
