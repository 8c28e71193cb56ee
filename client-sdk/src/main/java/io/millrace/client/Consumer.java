package io.millrace.client;

import com.google.protobuf.ByteString;
import io.millrace.client.cluster.Backoff;
import io.millrace.client.cluster.ClusterView;
import io.millrace.client.cluster.TopicImage;
import io.millrace.client.consume.FetchSession;
import io.millrace.client.consume.FetchSettings;
import io.millrace.client.consume.PartitionId;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.record.RecordHeader;
import io.millrace.v1.GroupFence;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads records by offset, alone or with the position of a group. For one thread at a time; only {@link #wakeup} may be called from another. Records are fetched
 * ahead of {@link #poll}, within a bound of bytes.
 *
 * <p>A partition begins at its start unless a seek or a claim says otherwise. Nothing is skipped by itself: what cannot be read is thrown, and thrown again until the caller seeks.
 */
public final class Consumer implements AutoCloseable {
    private final ClusterView cluster;
    private final ConsumerConfig config;
    private final Positions positions;
    private final Admin admin;
    private final FetchSession session;
    private final long requestNanos;
    private final ByteString member;
    private final Set<TopicPartition> assigned = new TreeSet<>();

    /** Assigned, and without a position until the first poll. */
    private final Set<TopicPartition> unresolved = new TreeSet<>();

    private @Nullable String group;
    private final Map<TopicPartition, Long> ownerEpochs = new TreeMap<>();

    Consumer(
            ClusterView cluster,
            ConsumerConfig config,
            Positions positions,
            Admin admin,
            RandomGenerator random,
            Duration requestTimeout,
            Backoff backoff) {
        this.cluster = cluster;
        this.config = config;
        this.positions = positions;
        this.admin = admin;
        this.requestNanos = requestTimeout.toNanos();
        this.member = Positions.newMember(random);
        this.session = new FetchSession(cluster, settings(config, backoff), System::nanoTime, random);
    }

    private static FetchSettings settings(ConsumerConfig config, Backoff backoff) {
        return new FetchSettings(
                config.prefetchBytes(),
                config.fetchBytes(),
                config.partitionFetchBytes(),
                config.minBytes(),
                config.maxWait().toNanos(),
                config.requestTimeout().toNanos(),
                config.isolation() == ConsumerConfig.Isolation.READ_COMMITTED,
                switch (config.outOfRange()) {
                    case FAIL -> FetchSettings.OutOfRange.FAIL;
                    case START -> FetchSettings.OutOfRange.START;
                    case END -> FetchSettings.OutOfRange.END;
                },
                config.troubleTimeout().toNanos(),
                backoff);
    }

    /**
     * Reads these partitions, and no others. Those that were assigned before keep their position; claims end.
     *
     * @throws InvalidRequestException where a topic or partition is unknown
     */
    public void assign(Collection<TopicPartition> partitions) {
        check(partitions);
        group = null;
        Set<TopicPartition> wanted = new TreeSet<>(partitions);
        // What was claimed was read under a fence that is no longer ours to hold.
        assigned.removeAll(ownerEpochs.keySet());
        ownerEpochs.clear();
        assigned.retainAll(wanted);
        unresolved.retainAll(wanted);
        session.retain(ids(assigned));
        for (TopicPartition each : wanted) {
            if (assigned.add(each)) {
                unresolved.add(each);
            }
        }
    }

    /** Reads all partitions that the topic has now, and nothing else. */
    public void assign(String topic) {
        assign(partitionsOf(topic));
    }

    private List<TopicPartition> partitionsOf(String topic) {
        return IntStream.range(0, image(topic).partitionCount())
                .mapToObj(each -> new TopicPartition(topic, each))
                .toList();
    }

    private void check(Collection<TopicPartition> partitions) {
        for (TopicPartition each : partitions) {
            TopicImage image = image(each.topic());
            if (!image.hasPartition(each.partition())) {
                throw Failures.of(
                        Fault.of(
                                ErrorCode.UNKNOWN_PARTITION,
                                "topic/" + each,
                                "the topic has the partitions 0 to " + (image.partitionCount() - 1)),
                        null);
            }
        }
    }

    private TopicImage image(String topic) {
        try {
            return cluster.topic(topic, requestNanos);
        } catch (FaultException e) {
            throw Failures.of(e);
        }
    }

    public Set<TopicPartition> assignment() {
        return Set.copyOf(assigned);
    }

    /** The next {@link #poll} returns the record of this offset first, or, where there is none of it, the first after it. */
    public void seek(TopicPartition partition, long offset) {
        if (offset < 0) {
            throw new IllegalArgumentException("offset must be 0 or more, not " + offset);
        }
        requireAssigned(partition);
        place(partition, offset);
    }

    private void place(TopicPartition partition, long offset) {
        if (unresolved.remove(partition)) {
            session.add(id(partition), offset, null);
        } else {
            session.seek(id(partition), offset);
        }
    }

    /** Goes to the first record whose timestamp is at or after the instant; to the end where there is none. */
    public void seekToTime(TopicPartition partition, Instant instant) {
        requireAssigned(partition);
        seekAll(List.of(partition), StartAt.time(instant));
    }

    /** Goes to the first record that can be read; no partitions: all that are assigned. */
    public void seekToStart(Collection<TopicPartition> partitions) {
        seekAll(partitions.isEmpty() ? Set.copyOf(assigned) : partitions, StartAt.start());
    }

    /** Goes behind the last record that can be read now; no partitions: all that are assigned. */
    public void seekToEnd(Collection<TopicPartition> partitions) {
        seekAll(partitions.isEmpty() ? Set.copyOf(assigned) : partitions, StartAt.end());
    }

    private void seekAll(Collection<TopicPartition> partitions, StartAt place) {
        partitions.forEach(this::requireAssigned);
        admin.offsets(partitions, place).forEach((partition, found) -> place(partition, found.offset()));
    }

    private void requireAssigned(TopicPartition partition) {
        if (!assigned.contains(partition)) {
            throw new IllegalArgumentException(partition + " is not assigned");
        }
    }

    private void resolve() {
        if (!unresolved.isEmpty()) {
            seekAll(Set.copyOf(unresolved), StartAt.start());
        }
    }

    /** The offset of the next record that {@link #poll} returns. */
    public long position(TopicPartition partition) {
        requireAssigned(partition);
        resolve();
        return session.position(id(partition));
    }

    /**
     * The next records, each partition's in the order of their offsets; waits up to the timeout while there are none. Empty: the timeout passed, or {@link #wakeup} was called. While brokers cannot be
     * reached it goes on trying and returns nothing; {@link #trouble} says why.
     *
     * @throws RetriableException nothing could be had of a partition for as long as {@code trouble.timeout.millis} says; the next poll goes on trying
     * @throws OffsetOutOfRangeException the position cannot be read any more
     * @throws CorruptDataException stored records are damaged; says where reading may go on
     * @throws FencedException another member has claimed a partition since
     */
    public List<ConsumerRecord> poll(Duration timeout) {
        resolve();
        List<ConsumerRecord> records = new ArrayList<>();
        try {
            session.poll(
                    config.maxPollRecords(),
                    timeout.toNanos(),
                    (topic, partition, offset, timestamp, key, value, headers, leaderEpoch) ->
                            records.add(new ConsumerRecord(
                                    topic, partition, offset, timestamp, key, value, headers(headers), leaderEpoch)));
        } catch (FaultException e) {
            throw Failures.of(e);
        }
        return records;
    }

    private static List<Header> headers(List<RecordHeader> headers) {
        if (headers.isEmpty()) {
            return List.of();
        }
        List<Header> converted = new ArrayList<>(headers.size());
        for (RecordHeader each : headers) {
            converted.add(new Header(each.key(), each.value()));
        }
        return converted;
    }

    /** Ends a {@link #poll} that waits, or the next one, at once. May be called from any thread. */
    public void wakeup() {
        session.wakeup();
    }

    /** Fetches no more of these until {@link #resume}; what was fetched still comes. */
    public void pause(Collection<TopicPartition> partitions) {
        pause(partitions, true);
    }

    public void resume(Collection<TopicPartition> partitions) {
        pause(partitions, false);
    }

    private void pause(Collection<TopicPartition> partitions, boolean on) {
        partitions.forEach(this::requireAssigned);
        resolve();
        partitions.forEach(each -> session.pause(id(each), on));
    }

    /** Why nothing comes from a partition now, where that may mend itself: a broker that cannot be reached, a shard without a leader. */
    public Optional<MillraceException> trouble(TopicPartition partition) {
        requireAssigned(partition);
        if (unresolved.contains(partition)) {
            return Optional.empty();
        }
        return Optional.ofNullable(session.trouble(id(partition))).map(fault -> Failures.of(fault, null));
    }

    /** First offsets that can be read. */
    public Map<TopicPartition, Long> startOffsets(Collection<TopicPartition> partitions) {
        return offsets(partitions, StartAt.start());
    }

    /** One above the last offsets that can be read now. */
    public Map<TopicPartition, Long> endOffsets(Collection<TopicPartition> partitions) {
        return offsets(partitions, StartAt.end());
    }

    private Map<TopicPartition, Long> offsets(Collection<TopicPartition> partitions, StartAt place) {
        Map<TopicPartition, Long> offsets = new TreeMap<>();
        admin.offsets(partitions, place).forEach((partition, found) -> offsets.put(partition, found.offset()));
        return offsets;
    }

    /** Offsets between the position and the end, as the last answers of the brokers tell it, else as they are asked now; never negative. */
    public Map<TopicPartition, Long> lag() {
        resolve();
        Map<TopicPartition, Long> lag = new TreeMap<>();
        Set<TopicPartition> unknown = new HashSet<>();
        for (TopicPartition each : assigned) {
            long end = session.logEnd(id(each));
            if (end < 0) {
                unknown.add(each);
            } else {
                lag.put(each, Math.max(0, end - session.position(id(each))));
            }
        }
        if (!unknown.isEmpty()) {
            endOffsets(unknown).forEach((each, end) -> lag.put(each, Math.max(0, end - session.position(id(each)))));
        }
        return lag;
    }

    /**
     * Takes partitions over for a group, fences their earlier owners, and reads them from the group's positions, and nothing else. A group without a position begins at {@code start}. Where retention has
     * passed a position, the answer has the lost range, and reading goes on where the broker says.
     */
    public Map<TopicPartition, ClaimedPosition> claim(
            String ofGroup, Collection<TopicPartition> partitions, StartAt start) {
        check(partitions);
        Map<TopicPartition, ClaimedPosition> claimed = positions.claim(ofGroup, member, partitions, start);
        assigned.clear();
        unresolved.clear();
        ownerEpochs.clear();
        session.retain(Set.of());
        group = ofGroup;
        claimed.forEach((partition, position) -> {
            assigned.add(partition);
            ownerEpochs.put(partition, position.ownerEpoch());
            session.add(
                    id(partition),
                    position.position(),
                    GroupFence.newBuilder()
                            .setGroup(ofGroup)
                            .setOwnerEpoch(position.ownerEpoch())
                            .build());
        });
        return claimed;
    }

    /** Commits what {@link #poll} has returned so far, of all claimed partitions. Returns when it is on the disks of a majority. */
    public void commit() {
        Map<TopicPartition, Positions.Commit> commits = new LinkedHashMap<>();
        ownerEpochs.forEach((partition, epoch) -> commits.put(
                partition,
                new Positions.Commit(session.position(id(partition)), epoch, session.leaderEpoch(id(partition)), "")));
        positions.commit(requireGroup(), commits);
    }

    /** Commits these positions: the next offset to read of each partition, which must be claimed. */
    public void commit(Map<TopicPartition, Long> next) {
        String ofGroup = requireGroup();
        Map<TopicPartition, Positions.Commit> commits = new LinkedHashMap<>();
        next.forEach((partition, position) -> {
            Long epoch = ownerEpochs.get(partition);
            if (epoch == null) {
                throw new IllegalArgumentException(partition + " is not claimed");
            }
            commits.put(partition, Positions.Commit.at(position, epoch));
        });
        positions.commit(ofGroup, commits);
    }

    private String requireGroup() {
        String present = group;
        if (present == null) {
            throw new IllegalStateException("nothing is claimed for a group");
        }
        return present;
    }

    private static PartitionId id(TopicPartition partition) {
        return new PartitionId(partition.topic(), partition.partition());
    }

    private static Set<PartitionId> ids(Set<TopicPartition> partitions) {
        return partitions.stream().map(Consumer::id).collect(Collectors.toSet());
    }

    /** Ends the fetching. Positions are not committed. */
    @Override
    public void close() {
        session.close();
    }
}
