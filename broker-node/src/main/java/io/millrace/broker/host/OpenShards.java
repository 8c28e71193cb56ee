package io.millrace.broker.host;

import io.millrace.broker.metadata.MetadataMachine;
import io.millrace.broker.metadata.ShardEntry;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.replication.RaftVoter;
import io.millrace.replication.ReplicatedLog;
import io.millrace.replication.Shard;
import io.millrace.replication.ShardConfig;
import io.millrace.replication.ShardListener;
import io.millrace.replication.payload.PayloadExchange;
import io.millrace.replication.ratis.RaftGroupSpec;
import io.millrace.replication.ratis.RatisConfig;
import io.millrace.replication.ratis.RatisEvents;
import io.millrace.replication.ratis.RatisHost;
import io.millrace.storage.FailStop;
import io.millrace.storage.PartitionIndex;
import io.millrace.storage.StorageException;
import io.millrace.storage.file.DiskFiles;
import io.millrace.storage.index.IndexConfig;
import io.millrace.storage.index.IndexMemory;
import io.millrace.storage.index.PartitionIndexes;
import io.millrace.storage.log.LogConfig;
import io.millrace.storage.log.SegmentedShardLog;
import io.millrace.storage.log.ShardLogs;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The shards of this broker, opened: for each its index, its shard log, its machine, and its place in the Raft server. A data shard that
 * cannot be opened is quarantined and the others start; without the metadata shard nothing does.
 *
 * <p>Thread safe once {@link #open} has returned. Closed in reverse.
 */
public final class OpenShards implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OpenShards.class);

    /** Metadata entries have no payload: its shard log stays empty. */
    private static final LogConfig METADATA_LOG = LogConfig.DEFAULT.withSizes(1 << 20, 64 << 10, 128 << 10);

    private static final int CHUNK_BYTES = 4 << 20;

    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final SortedMap<Integer, Shard> shards = new TreeMap<>();
    private final SortedMap<Integer, String> quarantined = new TreeMap<>();
    private final List<SegmentedShardLog> logs = new ArrayList<>();
    private final SortedSet<Integer> ids;
    private List<RaftVoter> voters = List.of();
    private @Nullable RatisHost ratis;
    private @Nullable PartitionIndex metadataIndex;
    private @Nullable MetadataMachine metadataMachine;

    /** What shards are opened with. */
    public record Settings(
            int segmentBytes,
            int tailBytes,
            ShardConfig shard,
            IndexConfig index,
            InstantSource wallClock,
            LongSupplier nanos,
            FailStop failStop,
            IntFunction<ShardListener> listeners) {}

    /**
     * How the shards of a member of a cluster are replicated.
     *
     * @param voters of every shard, where its replica here is new; empty: it waits until its leader adds it
     * @param exchange outlives the shards
     */
    public record Replicated(
            List<RaftVoter> voters, String host, int raftPort, PayloadExchange exchange, RatisEvents events) {}

    private OpenShards(SortedSet<Integer> ids) {
        this.ids = ids;
    }

    /**
     * Recovers and starts all shards; leadership comes a little later.
     *
     * @param memory outlives the shards
     * @param replicated null: the broker stands alone
     * @param ids which shards to open
     * @throws FaultException NEWER_FORMAT, DAMAGED_DIRECTORY, PORT_IN_USE
     */
    public static OpenShards open(
            DataDirectory directory,
            IndexMemory memory,
            Settings settings,
            @Nullable Replicated replicated,
            SortedSet<Integer> ids,
            MetadataMachine.Events metadata) {
        OpenShards open = new OpenShards(ids);
        try {
            open.openAll(directory, memory, settings, replicated, metadata);
            return open;
        } catch (RuntimeException e) {
            open.close();
            throw e;
        }
    }

    private void openAll(
            DataDirectory directory,
            IndexMemory memory,
            Settings settings,
            @Nullable Replicated replicated,
            MetadataMachine.Events metadata) {
        voters = replicated == null ? List.of() : replicated.voters();
        List<RaftGroupSpec<?>> groups = new ArrayList<>();
        for (int id : ids) {
            RaftGroupSpec<?> group = id == ShardEntry.METADATA_SHARD
                    ? openMetadata(directory, memory, settings, metadata)
                    : openData(id, directory, memory, settings);
            if (group != null) {
                groups.add(group);
            }
        }
        RatisHost host = startRaft(directory.identity(), groups, settings, replicated);
        ratis = host;
        parts.push(host);
        Throwable metadataDamage = host.quarantined().get(ShardEntry.METADATA_SHARD);
        if (metadataDamage != null) {
            throw refused(
                    "shard/0",
                    metadataDamage instanceof StorageException damage
                            ? damage
                            : new StorageException(
                                    StorageException.Kind.CORRUPT,
                                    String.valueOf(metadataDamage.getMessage()),
                                    metadataDamage));
        }
        for (Shard shard : List.copyOf(shards.values())) {
            try {
                shard.start(host.log(shard.id()));
                parts.push(shard);
            } catch (FaultException e) {
                shards.remove(shard.id());
                quarantine(shard.id(), e.getCause() == null ? e : e.getCause());
            }
        }
    }

    private static RatisHost startRaft(
            Identity identity, List<RaftGroupSpec<?>> groups, Settings settings, @Nullable Replicated replicated) {
        return replicated == null
                ? RatisHost.start(
                        RatisConfig.alone(
                                identity.clusterId(), identity.brokerId(), identity.incarnation(), settings.nanos()),
                        groups,
                        settings.failStop())
                : RatisHost.start(
                        RatisConfig.member(
                                identity.clusterId(),
                                identity.brokerId(),
                                identity.incarnation(),
                                replicated.host(),
                                replicated.raftPort(),
                                settings.nanos()),
                        groups,
                        replicated.exchange(),
                        replicated.events(),
                        settings.failStop());
    }

    private RaftGroupSpec<?> openMetadata(
            DataDirectory directory, IndexMemory memory, Settings settings, MetadataMachine.Events events) {
        DataDirectory.ShardPaths paths = directory.shard(ShardEntry.METADATA_SHARD);
        try {
            PartitionIndex index = PartitionIndexes.open(paths.index(), settings.index(), memory, settings.failStop());
            parts.push(index);
            SegmentedShardLog log = ShardLogs.open(
                    paths.log(),
                    METADATA_LOG,
                    DiskFiles.direct(),
                    settings.failStop(),
                    index.applied().logEnd(),
                    index.liveBytes().keySet());
            parts.push(log);
            logs.add(log);
            MetadataMachine machine = new MetadataMachine(index, events);
            metadataIndex = index;
            metadataMachine = machine;
            return new RaftGroupSpec<>(ShardEntry.METADATA_SHARD, paths.raft(), log, machine, voters);
        } catch (StorageException e) {
            throw refused("shard/0", e);
        }
    }

    private @Nullable RaftGroupSpec<?> openData(
            int id, DataDirectory directory, IndexMemory memory, Settings settings) {
        DataDirectory.ShardPaths paths = directory.shard(id);
        try {
            PartitionIndex index = PartitionIndexes.open(paths.index(), settings.index(), memory, settings.failStop());
            parts.push(index);
            SegmentedShardLog log = ShardLogs.open(
                    paths.log(),
                    LogConfig.DEFAULT.withSizes(settings.segmentBytes(), CHUNK_BYTES, settings.tailBytes()),
                    DiskFiles.direct(),
                    settings.failStop(),
                    index.applied().logEnd(),
                    index.liveBytes().keySet());
            parts.push(log);
            logs.add(log);
            Shard shard = new Shard(
                    id,
                    log,
                    index,
                    settings.shard(),
                    settings.wallClock(),
                    settings.nanos(),
                    settings.listeners().apply(id));
            shards.put(id, shard);
            return new RaftGroupSpec<>(id, paths.raft(), log, shard.machine(), voters);
        } catch (StorageException e) {
            if (e.kind() == StorageException.Kind.NEWER_FORMAT) {
                throw refused("shard/" + id, e);
            }
            quarantine(id, e);
            return null;
        }
    }

    private static FaultException refused(String resource, StorageException e) {
        return new FaultException(
                e.kind() == StorageException.Kind.NEWER_FORMAT
                        ? Fault.of(
                                ErrorCode.NEWER_FORMAT,
                                resource,
                                "Its files were written by a newer Millrace: " + e.getMessage()
                                        + ". Start that one, or a newer one.")
                        : Fault.of(
                                ErrorCode.DAMAGED_DIRECTORY,
                                resource,
                                "The shard that the broker cannot start without does not open: " + e.getMessage()
                                        + ". `inspect` shows its files; restore the directory from a backup."),
                e);
    }

    private void quarantine(int id, Throwable cause) {
        LOG.error("Shard {} is quarantined; the others go on", id, cause);
        quarantined.put(id, String.valueOf(cause.getMessage()));
    }

    public MetadataMachine metadataMachine() {
        if (metadataMachine == null) {
            throw new IllegalStateException("the metadata shard is not open");
        }
        return metadataMachine;
    }

    public PartitionIndex metadataIndex() {
        if (metadataIndex == null) {
            throw new IllegalStateException("the metadata shard is not open");
        }
        return metadataIndex;
    }

    /** Faults: SHARD_UNAVAILABLE. */
    public ReplicatedLog<MetadataMachine.Applied> metadataLog() {
        return raft().log(ShardEntry.METADATA_SHARD);
    }

    /** A data shard; null where it is quarantined or not ours. */
    public @Nullable Shard shard(int id) {
        return shards.get(id);
    }

    public List<Shard> shards() {
        return List.copyOf(shards.values());
    }

    /** The shard logs of all shards that were opened. */
    List<SegmentedShardLog> logs() {
        return List.copyOf(logs);
    }

    /** The shards that have a replica here, in or out of use. */
    public SortedSet<Integer> ids() {
        return ids;
    }

    /** The Raft server, for members and leadership. */
    public RatisHost raft() {
        if (ratis == null) {
            throw new IllegalStateException("the Raft server is not started");
        }
        return ratis;
    }

    /** Whether this broker has a replica of the metadata shard. */
    public boolean hasMetadata() {
        return metadataMachine != null;
    }

    /** Shards out of use, with the reason. */
    public SortedMap<Integer, String> quarantined() {
        SortedMap<Integer, String> all = new TreeMap<>(quarantined);
        if (ratis != null) {
            for (Map.Entry<Integer, Throwable> one : ratis.quarantined().entrySet()) {
                all.putIfAbsent(one.getKey(), String.valueOf(one.getValue().getMessage()));
            }
        }
        return all;
    }

    @Override
    public void close() {
        while (!parts.isEmpty()) {
            AutoCloseable part = parts.pop();
            try {
                part.close();
            } catch (Exception e) {
                LOG.error("{} did not close", part.getClass().getSimpleName(), e);
            }
        }
    }
}
