package io.millrace.client;

import com.google.protobuf.ByteString;
import io.millrace.client.cluster.ClusterView;
import io.millrace.client.cluster.PartitionCalls;
import io.millrace.client.transport.Unary;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultCodec;
import io.millrace.error.FaultException;
import io.millrace.v1.ClaimPart;
import io.millrace.v1.ClaimRequest;
import io.millrace.v1.ClaimResult;
import io.millrace.v1.CommitPart;
import io.millrace.v1.CommitRequest;
import io.millrace.v1.FetchPositionsRequest;
import io.millrace.v1.PositionResult;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Positions of groups, for those who read without a {@link Consumer}. Thread safe. Each call waits for its answer, at most for the client's request timeout, and throws a {@link MillraceException}; one that
 * covers several partitions throws the first failure after all were asked.
 */
public final class Positions {
    private final ClusterView cluster;
    private final PartitionCalls calls;
    private final long timeoutNanos;

    /** This client as a member. */
    private final ByteString member;

    Positions(ClusterView cluster, long timeoutNanos, RandomGenerator random) {
        this.cluster = cluster;
        this.calls = new PartitionCalls(cluster);
        this.timeoutNanos = timeoutNanos;
        this.member = newMember(random);
    }

    static ByteString newMember(RandomGenerator random) {
        byte[] id = new byte[16];
        random.nextBytes(id);
        return ByteString.copyFrom(id);
    }

    /** Takes partitions over for this client as a member of a group, and fences earlier owners. A group without a position begins at {@code start}. */
    public Map<TopicPartition, ClaimedPosition> claim(
            String group, Collection<TopicPartition> partitions, StartAt start) {
        return claim(group, member, partitions, start);
    }

    Map<TopicPartition, ClaimedPosition> claim(
            String group, ByteString memberId, Collection<TopicPartition> partitions, StartAt start) {
        try {
            Map<TopicPartition, ClaimedPosition> claimed = new TreeMap<>();
            calls.forEachPartition(
                    partitions,
                    TopicPartition::topic,
                    TopicPartition::partition,
                    Unary.CLAIM,
                    parts -> {
                        ClaimRequest.Builder request = ClaimRequest.newBuilder()
                                .setGroup(group)
                                .setMemberId(memberId)
                                .setStart(Wire.startPoint(start));
                        parts.forEach(each -> request.addParts(
                                ClaimPart.newBuilder().setTopic(each.topic()).setPartition(each.partition())));
                        return request.build();
                    },
                    response -> response.getResultsList(),
                    result -> result.hasError() ? FaultCodec.decode(result.getError()) : null,
                    (part, result) -> claimed.put(part, claimed(result)),
                    timeoutNanos);
            return claimed;
        } catch (FaultException e) {
            throw Failures.of(e);
        }
    }

    private static ClaimedPosition claimed(ClaimResult result) {
        return new ClaimedPosition(
                result.getPosition(),
                result.getOwnerEpoch(),
                result.getLogStart(),
                result.getLogEnd(),
                result.getLostFrom(),
                result.getLostTo());
    }

    /** Commits positions under the owner epochs of a claim; refused as {@link FencedException} where another member has claimed since. */
    public void commit(String group, Map<TopicPartition, Commit> commits) {
        try {
            calls.forEachPartition(
                    commits.entrySet(),
                    each -> each.getKey().topic(),
                    each -> each.getKey().partition(),
                    Unary.COMMIT,
                    parts -> {
                        CommitRequest.Builder request =
                                CommitRequest.newBuilder().setGroup(group);
                        parts.forEach(each -> request.addParts(CommitPart.newBuilder()
                                .setTopic(each.getKey().topic())
                                .setPartition(each.getKey().partition())
                                .setOwnerEpoch(each.getValue().ownerEpoch())
                                .setPosition(each.getValue().position())
                                .setLeaderEpoch(each.getValue().leaderEpoch())
                                .setMetadata(each.getValue().metadata())));
                        return request.build();
                    },
                    response -> response.getResultsList(),
                    result -> result.hasError() ? FaultCodec.decode(result.getError()) : null,
                    (part, result) -> {},
                    timeoutNanos);
        } catch (FaultException e) {
            throw Failures.of(e);
        }
    }

    /** What a group has committed on all partitions of a topic, in rising order of their number. */
    public List<GroupPosition> of(String group, String topic) {
        try {
            List<GroupPosition> positions = new ArrayList<>();
            calls.forEachPartition(
                    IntStream.range(0, cluster.topic(topic, timeoutNanos).partitionCount())
                            .boxed()
                            .toList(),
                    each -> topic,
                    each -> each,
                    Unary.FETCH_POSITIONS,
                    parts -> FetchPositionsRequest.newBuilder()
                            .setGroup(group)
                            .setTopic(topic)
                            .addAllPartitions(parts)
                            .build(),
                    response -> response.getResultsList(),
                    Positions::failure,
                    (part, result) -> positions.add(position(topic, result)),
                    timeoutNanos);
            positions.sort(Comparator.comparing(GroupPosition::topicPartition));
            return List.copyOf(positions);
        } catch (FaultException e) {
            throw Failures.of(e);
        }
    }

    /** That there is no position is an answer, too. */
    private static @Nullable Fault failure(PositionResult result) {
        Fault fault = result.hasError() ? FaultCodec.decode(result.getError()) : null;
        return fault == null || fault.code() == ErrorCode.POSITION_NOT_READY ? null : fault;
    }

    private static GroupPosition position(String topic, PositionResult result) {
        boolean has = !result.hasError();
        return new GroupPosition(
                new TopicPartition(topic, result.getPartition()),
                has ? result.getPosition() : -1,
                result.getOwnerEpoch(),
                switch (result.getOrigin()) {
                    case INITIAL -> GroupPosition.Origin.INITIAL;
                    case COMMITTED -> GroupPosition.Origin.COMMITTED;
                    case RESET -> GroupPosition.Origin.RESET;
                    case MIRRORED -> GroupPosition.Origin.MIRRORED;
                    case POSITION_ORIGIN_UNSPECIFIED, UNRECOGNIZED -> GroupPosition.Origin.NONE;
                },
                result.getLeaderEpoch(),
                result.getMetadata(),
                result.getCommittedAtMicros() == 0 ? null : instant(result.getCommittedAtMicros()),
                result.getLogStart(),
                result.getLogEnd());
    }

    private static Instant instant(long micros) {
        return Instant.EPOCH.plusNanos(TimeUnit.MICROSECONDS.toNanos(micros));
    }

    /**
     * A position to commit.
     *
     * @param position the next offset to read
     * @param ownerEpoch from the claim
     * @param leaderEpoch of the last record before it; -1: not known
     * @param metadata for the application, at most 4,096 bytes
     */
    public record Commit(long position, long ownerEpoch, int leaderEpoch, String metadata) {
        public static Commit at(long position, long ownerEpoch) {
            return new Commit(position, ownerEpoch, -1, "");
        }
    }
}
