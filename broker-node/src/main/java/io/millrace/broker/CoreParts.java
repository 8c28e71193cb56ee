package io.millrace.broker;

import io.millrace.broker.cluster.AtLeader;
import io.millrace.broker.config.BrokerConfig;
import io.millrace.broker.fetch.Fetches;
import io.millrace.broker.group.Positions;
import io.millrace.broker.host.DataDirectory;
import io.millrace.broker.member.Membership;
import io.millrace.broker.member.OwnReplicas;
import io.millrace.broker.metadata.Groups;
import io.millrace.broker.metadata.MetadataShard;
import io.millrace.broker.metadata.MetadataView;
import io.millrace.broker.metadata.Partitions;
import io.millrace.broker.metadata.ProducerIds;
import io.millrace.broker.metadata.Routes;
import io.millrace.broker.metadata.ShardCommands;
import io.millrace.broker.metadata.Topics;
import io.millrace.broker.ops.Metrics;
import io.millrace.broker.produce.Appends;
import io.millrace.broker.produce.DiskSpace;
import io.millrace.broker.produce.MemoryBudget;
import io.millrace.broker.produce.PlainRecords;
import io.millrace.broker.rpc.Core;
import io.millrace.broker.verify.ReplicaCheck;
import io.millrace.broker.verify.Verification;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Puts the core together, for a broker that stands alone or for a member of a cluster. */
final class CoreParts {
    static final Duration METADATA_TIMEOUT = Duration.ofSeconds(15);

    private final BrokerConfig config;
    private final Environment environment;
    private final MetadataView view;
    private final OwnReplicas own;
    private final @Nullable Membership membership;
    private final ReplicaCheck replicaCheck;
    private @Nullable MetadataShard metadata;
    private @Nullable ShardCommands commands;

    /** @param membership null: the broker stands alone */
    CoreParts(
            BrokerConfig config,
            Environment environment,
            MetadataView view,
            OwnReplicas own,
            @Nullable Membership membership) {
        this.config = config;
        this.environment = environment;
        this.view = view;
        this.own = own;
        this.membership = membership;
        this.replicaCheck = new ReplicaCheck(own.shards()::shard, environment.nanos());
    }

    /**
     * The core. Once.
     *
     * @param local changes the metadata where this broker, a member, leads it
     * @param isCurrent whether a member sees the newest metadata
     */
    Core core(
            DataDirectory directory,
            ExecutorService readers,
            ScheduledExecutorService timers,
            ExecutorService checks,
            Metrics metrics,
            MetadataShard.LocalChanges local,
            BooleanSupplier isCurrent) {
        LongSupplier nanos = environment.nanos();
        BrokerConfig.Limits limits = config.limits();
        Partitions partitions = new Partitions(view::image, own.shards()::shard, routes(isCurrent));
        MetadataShard shared = metadata(local);
        ShardCommands toShards = commands(partitions);
        metadata = shared;
        commands = toShards;
        Topics topics = new Topics(
                shared,
                partitions,
                toShards,
                new Topics.Limits(
                        config.defaults().partitions(), limits.maxPartitionsPerTopic(), limits.maxBatchBytes()),
                environment.random(),
                nanos);
        DiskSpace space = new DiskSpace(
                () -> environment.usableBytes().applyAsLong(directory.root()),
                config.storage().diskReserveBytes(),
                config.cluster().brokerId(),
                nanos);
        metrics.gauge("millrace.disk.usable.bytes", "Free bytes of the data directory's file system", space::usable);
        metrics.gauge(
                "millrace.disk.full", "1 while appends are refused for want of space", () -> space.isFull() ? 1 : 0);
        Appends appends = new Appends(partitions, topics, space, environment.wallClock());
        Groups groups = new Groups(partitions, toShards, environment.random());
        Fetches fetches = new Fetches(partitions, groups, nanos, readers, timers);
        return new Core(
                shared,
                partitions,
                topics,
                new ProducerIds(shared),
                appends,
                new PlainRecords(partitions, topics, appends, environment.wallClock(), nanos),
                fetches,
                new Positions(partitions, groups, fetches, nanos),
                new MemoryBudget(limits.bytesInFlight()),
                verification(toShards, checks));
    }

    private Verification verification(ShardCommands toShards, ExecutorService checks) {
        int self = config.cluster().brokerId();
        Membership joined = membership;
        return new Verification(
                view::image,
                toShards,
                (broker, request, sink) -> {
                    if (broker == self || joined == null) {
                        replicaCheck.run(request, sink);
                    } else {
                        joined.peers().check(broker, request, sink);
                    }
                },
                checks,
                environment.random(),
                environment.nanos());
    }

    /** Checks the replicas of this broker. */
    ReplicaCheck replicaCheck() {
        return replicaCheck;
    }

    private Routes routes(BooleanSupplier isCurrent) {
        int self = config.cluster().brokerId();
        return membership == null
                ? Routes.alone(self, own::leadership)
                : Routes.inCluster(self, own::leadership, membership.leaders(), view::image, isCurrent);
    }

    private MetadataShard metadata(MetadataShard.LocalChanges local) {
        LongSupplier nanos = environment.nanos();
        if (membership != null) {
            return MetadataShard.inCluster(
                    view,
                    local,
                    config.cluster().brokerId(),
                    new AtLeader(membership.leaders(), nanos),
                    membership.peers(),
                    METADATA_TIMEOUT,
                    nanos);
        }
        if (own.metadata() == null) {
            throw new IllegalStateException("a broker that stands alone has its metadata");
        }
        return MetadataShard.alone(view, own.metadata(), METADATA_TIMEOUT, nanos);
    }

    private ShardCommands commands(Partitions partitions) {
        LongSupplier nanos = environment.nanos();
        return membership == null
                ? ShardCommands.alone(partitions, nanos)
                : ShardCommands.inCluster(
                        partitions,
                        nanos,
                        config.cluster().brokerId(),
                        new AtLeader(membership.leaders(), nanos),
                        membership.peers());
    }

    MetadataShard metadata() {
        if (metadata == null) {
            throw new IllegalStateException("the core is not built");
        }
        return metadata;
    }

    ShardCommands commands() {
        if (commands == null) {
            throw new IllegalStateException("the core is not built");
        }
        return commands;
    }
}
