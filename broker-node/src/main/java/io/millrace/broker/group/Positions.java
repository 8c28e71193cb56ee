package io.millrace.broker.group;

import io.millrace.broker.fetch.Fetches;
import io.millrace.broker.fetch.Fetches.StartPoint;
import io.millrace.broker.metadata.Groups;
import io.millrace.broker.metadata.Partitions;
import io.millrace.broker.metadata.Partitions.Place;
import io.millrace.broker.metadata.Topic;
import io.millrace.broker.metadata.Waiting;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.replication.PartitionStatus;
import io.millrace.replication.state.CommandResult;
import io.millrace.replication.state.Position;
import io.millrace.replication.state.ShardCommand;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Positions of groups: claim, commit, look. Each stands in the shard of its partition and is fenced by the epoch of its owner. Thread safe;
 * calls block for up to their deadline. What concerns one part is that part's answer; a fault that is thrown concerns the whole call.
 */
public final class Positions {
    private final Partitions partitions;
    private final Groups groups;
    private final Fetches fetches;
    private final LongSupplier nanos;

    public Positions(Partitions partitions, Groups groups, Fetches fetches, LongSupplier nanos) {
        this.partitions = partitions;
        this.groups = groups;
        this.fetches = fetches;
        this.nanos = nanos;
    }

    /** @param ownerEpoch 0: one above the current one */
    public record ClaimPart(String topic, int partition, long ownerEpoch) {}

    public record CommitPart(
            String topic, int partition, long ownerEpoch, long position, int leaderEpoch, String metadata) {}

    /** An answer for one part. */
    public sealed interface Answer<T> {
        record Value<T>(T value) implements Answer<T> {}

        record Failed<T>(Fault fault) implements Answer<T> {}
    }

    /** A position as it stands, and the partition's bounds. */
    public record Standing(int partition, Position position, PartitionStatus status) {}

    /** Takes partitions over for a member; makes the group, and positions by {@code start}, where there are none. */
    public List<Answer<CommandResult.PositionClaimed>> claim(
            String groupName, UUID member, StartPoint start, List<ClaimPart> parts, long deadlineNanos) {
        UUID group = groups.ensure(groupName, deadlineNanos);
        List<Supplier<CommandResult>> initialised = new ArrayList<>();
        for (ClaimPart part : parts) {
            initialised.add(attempt(deadlineNanos, () -> initialise(group, start, part, deadlineNanos)));
        }
        List<Supplier<CommandResult>> claimed = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            ClaimPart part = parts.get(i);
            Supplier<CommandResult> before = initialised.get(i);
            claimed.add(attempt(deadlineNanos, () -> {
                refuse(before.get(), part.topic(), part.partition());
                Place place = partitions.place(null, part.topic(), part.partition());
                return place.shard()
                        .execute(
                                new ShardCommand.ClaimPosition(
                                        place.status().handle(), group, member, part.ownerEpoch()),
                                deadlineNanos);
            }));
        }
        List<Answer<CommandResult.PositionClaimed>> answers = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            ClaimPart part = parts.get(i);
            answers.add(
                    answer(claimed.get(i), part.topic(), part.partition(), CommandResult.PositionClaimed.class::cast));
        }
        return answers;
    }

    private CompletableFuture<CommandResult> initialise(
            UUID group, StartPoint start, ClaimPart part, long deadlineNanos) {
        Place place = partitions.place(null, part.topic(), part.partition());
        Position position = place.shard().position(place.id(), group);
        if (position != null) {
            return CompletableFuture.completedFuture(new CommandResult.PositionInitialised(position, false));
        }
        long offset = fetches.find(place, start).offset();
        return place.shard()
                .execute(new ShardCommand.InitPosition(place.status().handle(), group, offset), deadlineNanos);
    }

    /** Moves positions forward. A position that is committed again at the same place is no error. */
    public List<Answer<CommandResult.PositionCommitted>> commit(
            String groupName, List<CommitPart> parts, long deadlineNanos) {
        UUID group = groups.id(groupName, deadlineNanos);
        List<Supplier<CommandResult>> committed = new ArrayList<>();
        for (CommitPart part : parts) {
            committed.add(attempt(deadlineNanos, () -> {
                Place place = partitions.place(null, part.topic(), part.partition());
                checkMetadata(place, part.metadata());
                return place.shard()
                        .execute(
                                new ShardCommand.CommitPosition(
                                        place.status().handle(),
                                        group,
                                        part.ownerEpoch(),
                                        part.position(),
                                        part.leaderEpoch(),
                                        part.metadata()),
                                deadlineNanos);
            }));
        }
        List<Answer<CommandResult.PositionCommitted>> answers = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            CommitPart part = parts.get(i);
            answers.add(answer(
                    committed.get(i), part.topic(), part.partition(), CommandResult.PositionCommitted.class::cast));
        }
        return answers;
    }

    /** Where a group stands on partitions of a topic, for anybody. */
    public List<Answer<Standing>> look(String groupName, String topicName, List<Integer> numbers, long deadlineNanos) {
        UUID group = groups.id(groupName, deadlineNanos);
        List<Answer<Standing>> answers = new ArrayList<>();
        Topic topic = partitions.topic(topicName);
        for (int number : partitions.numbers(topic, numbers)) {
            try {
                Place place = partitions.place(topic, number);
                Position position = place.shard().position(place.id(), group);
                answers.add(
                        position == null
                                ? new Answer.Failed<>(Fault.of(
                                        ErrorCode.POSITION_NOT_READY,
                                        place.resource(),
                                        "The group " + groupName + " has no position here yet."))
                                : new Answer.Value<>(new Standing(number, position, place.status())));
            } catch (FaultException e) {
                answers.add(new Answer.Failed<>(e.fault()));
            }
        }
        return answers;
    }

    private static void checkMetadata(Place place, String metadata) {
        int bytes = metadata.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > Position.MAX_METADATA_BYTES) {
            throw Fault.of(
                            ErrorCode.METADATA_TOO_LARGE,
                            place.resource(),
                            "The metadata of the position has " + bytes + " bytes; at most "
                                    + Position.MAX_METADATA_BYTES + " are kept.",
                            new Fault.LimitHit("position.metadata.bytes", Position.MAX_METADATA_BYTES, bytes))
                    .asException();
        }
    }

    /** Sends now, waits when asked; so all parts are under way together. */
    private Supplier<CommandResult> attempt(long deadlineNanos, Supplier<CompletableFuture<CommandResult>> send) {
        CompletableFuture<CommandResult> future;
        try {
            future = send.get();
        } catch (FaultException e) {
            future = CompletableFuture.failedFuture(e);
        }
        CompletableFuture<CommandResult> sent = future;
        return () -> Waiting.await(sent, "", deadlineNanos, nanos);
    }

    private static <T> Answer<T> answer(
            Supplier<CommandResult> result,
            String topic,
            int partition,
            java.util.function.Function<CommandResult, T> cast) {
        try {
            CommandResult value = result.get();
            refuse(value, topic, partition);
            return new Answer.Value<>(cast.apply(value));
        } catch (FaultException e) {
            return new Answer.Failed<>(e.fault());
        }
    }

    private static void refuse(CommandResult result, String topic, int partition) {
        if (result instanceof CommandResult.Refused) {
            throw refusal(result, Topic.resource(topic, partition));
        }
    }

    private static FaultException refusal(CommandResult result, String resource) {
        if (result instanceof CommandResult.Refused refused) {
            return refused.fault(resource).asException();
        }
        throw new IllegalStateException("not an answer of this command: " + result);
    }
}
