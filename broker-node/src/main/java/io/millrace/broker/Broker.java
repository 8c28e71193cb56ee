package io.millrace.broker;

import io.millrace.broker.cluster.Peer;
import io.millrace.broker.config.BrokerConfig;
import io.millrace.broker.host.DataDirectory;
import io.millrace.broker.host.OpenShards;
import io.millrace.broker.host.Upkeep;
import io.millrace.broker.member.ActiveMember;
import io.millrace.broker.member.Membership;
import io.millrace.broker.member.OwnReplicas;
import io.millrace.broker.member.PeerReplicas;
import io.millrace.broker.metadata.BrokerEntry;
import io.millrace.broker.metadata.ClusterImage;
import io.millrace.broker.metadata.MetadataChange;
import io.millrace.broker.metadata.MetadataMachine;
import io.millrace.broker.metadata.MetadataReplica;
import io.millrace.broker.metadata.MetadataShard;
import io.millrace.broker.metadata.MetadataView;
import io.millrace.broker.metadata.ShardEntry;
import io.millrace.broker.metadata.Topics;
import io.millrace.broker.ops.ClusterHealth;
import io.millrace.broker.ops.Metrics;
import io.millrace.broker.ops.OpsServer;
import io.millrace.broker.ops.Readiness;
import io.millrace.broker.repair.OtherReplicas;
import io.millrace.broker.repair.Repairs;
import io.millrace.broker.repair.Scrub;
import io.millrace.broker.rpc.Core;
import io.millrace.broker.rpc.GrpcServer;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.internal.v1.MetadataEntry;
import io.millrace.replication.Leadership;
import io.millrace.replication.ShardConfig;
import io.millrace.storage.index.IndexConfig;
import io.millrace.storage.index.IndexMemory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A broker: its start is the list of steps in {@link #startSteps}, its stop the same list in reverse. Made by {@link #start}, which returns when
 * it serves; a member of a cluster waits for as long as it takes until it is in, then for a majority of the metadata's brokers for a while. Any thread may {@link #close} it.
 */
public final class Broker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Broker.class);

    private static final Duration LEADER_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration HAND_OVER_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration RECONCILE_EVERY = Duration.ofSeconds(10);
    private static final int BLOCKING_THREADS = 16;
    private static final int READER_THREADS = 4;
    private static final int PEER_THREADS = 16;
    private static final int CHECK_THREADS = 10;

    private final BrokerConfig config;
    private final Environment environment;
    private final Deque<Step> steps = new ArrayDeque<>();
    private final Semaphore metadataLed = new Semaphore(0);
    private final AtomicBoolean isClosed = new AtomicBoolean();
    private final CountDownLatch closed = new CountDownLatch(1);

    private volatile @Nullable Membership membership;
    private volatile @Nullable ActiveMember active;
    private volatile @Nullable Fault refusal;
    private volatile boolean isServing;
    private int grpcPort;
    private int httpPort;
    private UUID clusterId = new UUID(0, 0);

    private record Step(String name, AutoCloseable undo) {}

    private Broker(BrokerConfig config, Environment environment) {
        this.config = config;
        this.environment = environment;
    }

    /**
     * Starts a broker; on return it serves. Where a step fails, those before it are undone.
     *
     * @throws FaultException PORT_IN_USE, DIRECTORY_LOCKED, DIRECTORY_NOT_WRITABLE, WRONG_CLUSTER, NEWER_FORMAT, DAMAGED_DIRECTORY,
     *     SHARD_UNAVAILABLE, BROKER_ID_IN_USE, STALE_BROKER, INVALID_CONFIG
     */
    public static Broker start(BrokerConfig config, Environment environment) {
        Broker broker = new Broker(config, environment);
        try {
            broker.startSteps();
            return broker;
        } catch (RuntimeException e) {
            broker.close();
            throw e;
        }
    }

    private void startSteps() {
        DataDirectory directory = add("data directory", openDirectory());
        checkMode(directory);
        Metrics metrics = add("metrics", new Metrics());
        IndexMemory memory = add("index memory", IndexMemory.small());
        MetadataView view = new MetadataView(this::metadataAdvanced);
        Membership joined = isMember() ? join(directory, view) : null;
        membership = joined;
        clusterId = directory.identity().clusterId();
        OpenShards shards = add("shards", openShards(directory, metrics, memory, view));
        MetadataReplica replica = shards.hasMetadata() ? add("metadata", replica(shards)) : null;
        if (replica != null) {
            view.offer(replica.image());
        }
        OwnReplicas own = new OwnReplicas(shards, replica);
        if (joined != null) {
            joined.opened(shards);
        }
        add("upkeep", Upkeep.start(shards, upkeepSettings(), environment.nanos(), new NamedThreads("upkeep")));

        OtherReplicas others = joined == null
                ? OtherReplicas.NONE
                : new PeerReplicas(config.cluster().brokerId(), view::image, joined.leaders(), joined.peers());
        addCare(shards, others, metrics);

        ExecutorService blocking = addPool("calls", BLOCKING_THREADS);
        ExecutorService readers = addPool("reads", READER_THREADS);
        ScheduledExecutorService timers = addTimers("timers");
        CoreParts parts = new CoreParts(config, environment, view, own, joined);
        Core core = parts.core(
                directory,
                readers,
                timers,
                addPool("checks", CHECK_THREADS),
                metrics,
                this::changeHere,
                this::isCurrent);
        if (joined == null) {
            formAlone(parts.metadata(), own, shards.ids());
        } else {
            activate(joined, own, view, parts);
        }
        Readiness readiness = new Readiness(() -> readiness(own, core));
        metrics(metrics, core, own);

        OpsServer ops = add(
                "http",
                OpsServer.start(
                        new InetSocketAddress(config.listen().host(), config.httpPort()), metrics::scrape, readiness));
        httpPort = ops.port();
        GrpcServer grpc = GrpcServer.start(core, grpcSettings(blocking, readers, health(own)));
        steps.push(new Step("grpc", () -> grpc.stop(config.stopGrace())));
        grpcPort = grpc.port();
        metrics.gauge("millrace.grpc.calls", "Calls that are open", grpc::openCalls);
        metrics.gauge("millrace.fetch.waiting", "Fetch requests that wait for records", core.fetches()::waiting);

        register(parts.metadata(), directory);
        reconcileNowAndThen(core.topics(), own, timers);
        grpc.serving(true);
        ActiveMember member = active;
        if (member != null) {
            steps.push(new Step("leadership", () -> member.handOver(HAND_OVER_TIMEOUT)));
        }
        steps.push(new Step("readiness", readiness::stopping));
        isServing = true;
        warnWhenOpen();
        LOG.info(
                "Broker {} of cluster {} serves on {}:{} (http {}), shards {}, data in {}",
                config.cluster().brokerId(),
                clusterId,
                config.listen().host(),
                grpcPort,
                httpPort,
                shards.ids(),
                directory.root());
    }

    /** Looks for damage to what is stored, and repairs it where there are others. */
    private void addCare(OpenShards shards, OtherReplicas others, Metrics metrics) {
        add("repairs", Repairs.start(shards.shards(), others, environment.nanos(), new NamedThreads("repairs")));
        Scrub scrub = add(
                "scrub",
                Scrub.start(
                        shards.shards(),
                        new Scrub.Settings(
                                config.storage().scrubRate(), config.storage().scrubInterval()),
                        environment.wallClock(),
                        environment.nanos(),
                        new NamedThreads("scrub")));
        metrics.counter("millrace.scrub.bytes", "Bytes that the scrub has read since the start", scrub::bytes);
        metrics.counter("millrace.scrub.passes", "Passes of the scrub that ended since the start", scrub::passes);
        metrics.gauge(
                "millrace.scrub.last.pass.seconds",
                "When the last pass of the scrub ended, seconds since the epoch; 0: none since the start",
                scrub::lastPassSeconds);
    }

    private boolean isMember() {
        return !config.peers().seeds().isEmpty();
    }

    /** A directory is of a broker that stands alone, or of a member, for ever. */
    private void checkMode(DataDirectory directory) {
        if (directory.formation() != null && !isMember()) {
            throw Fault.of(
                            ErrorCode.INVALID_CONFIG,
                            directory.root().toString(),
                            "The data directory is of a member of cluster "
                                    + directory.identity().clusterId() + ", and cluster.seeds is empty. Set it.")
                    .asException();
        }
        if (directory.formation() == null && directory.hadShards() && isMember()) {
            throw Fault.of(
                            ErrorCode.WRONG_CLUSTER,
                            directory.root().toString(),
                            "The data directory is of a broker that stands alone: it cannot become a member of a cluster."
                                    + " Leave cluster.seeds out, or choose an empty directory (--data).")
                    .asException();
        }
    }

    private Membership join(DataDirectory directory, MetadataView view) {
        ExecutorService calls = addPool("peer-calls", PEER_THREADS);
        return add("membership", Membership.begin(config, directory, view, environment.nanos(), calls));
    }

    private void activate(Membership joined, OwnReplicas own, MetadataView view, CoreParts parts) {
        ExecutorService asks = addPool("peer-asks", PEER_THREADS);
        ScheduledExecutorService looks = addTimers("looks");
        ActiveMember member = add(
                "member",
                new ActiveMember(joined, own, view, parts.commands(), parts.replicaCheck(), environment.nanos(), asks));
        active = member;
        member.start(looks);
    }

    private void metadataAdvanced() {
        ActiveMember member = active;
        if (member != null) {
            member.metadataAdvanced();
        }
    }

    private MetadataChange changeHere(MetadataEntry.Builder entry) {
        ActiveMember member = active;
        if (member == null) {
            throw Fault.of(ErrorCode.SHARD_UNAVAILABLE, "shard/0", "The broker is starting. Try again.")
                    .asException();
        }
        return member.change(entry);
    }

    private boolean isCurrent() {
        ActiveMember member = active;
        return member != null && member.isCurrent();
    }

    private <T extends AutoCloseable> T add(String name, T part) {
        steps.push(new Step(name, part));
        return part;
    }

    private DataDirectory openDirectory() {
        return DataDirectory.open(
                config.dataDirectory(),
                config.cluster().id(),
                config.cluster().brokerId(),
                config.storage().shards(),
                environment.pid(),
                environment.random());
    }

    private OpenShards openShards(DataDirectory directory, Metrics metrics, IndexMemory memory, MetadataView view) {
        long inFlight = config.limits().bytesInFlight();
        ShardConfig shard = ShardConfig.DEFAULT;
        Membership joined = membership;
        return OpenShards.open(
                directory,
                memory,
                new OpenShards.Settings(
                        Math.toIntExact(config.storage().segmentBytes()),
                        // Chunks of the tail are off the heap; with little memory there are few of them.
                        (int) Math.min(64L << 20, Math.max(16L << 20, inFlight / 2)),
                        shard,
                        IndexConfig.DEFAULT,
                        environment.wallClock(),
                        environment.nanos(),
                        environment.failStop(),
                        id -> metrics.listener(id, leadership -> leadershipChanged(id, leadership))),
                joined == null ? null : joined.replicated(new StuckShards(environment.nanos())),
                joined == null ? aloneIds(directory) : joined.shardIds(directory),
                new MetadataMachine.Events() {
                    @Override
                    public void changed(ClusterImage image) {
                        view.offer(image);
                    }

                    @Override
                    public void leadershipChanged(Leadership leadership) {
                        Broker.this.leadershipChanged(ShardEntry.METADATA_SHARD, leadership);
                        metadataLed.release();
                    }
                });
    }

    private static SortedSet<Integer> aloneIds(DataDirectory directory) {
        SortedSet<Integer> ids = new TreeSet<>();
        for (int id = 0; id <= directory.identity().dataShards(); id++) {
            ids.add(id);
        }
        return ids;
    }

    private void leadershipChanged(int shard, Leadership leadership) {
        Membership joined = membership;
        if (joined != null) {
            joined.leadershipChanged(shard, leadership);
        }
    }

    private MetadataReplica replica(OpenShards shards) {
        return new MetadataReplica(
                shards.metadataLog(),
                shards.metadataMachine(),
                shards.metadataIndex(),
                environment.wallClock(),
                environment.nanos(),
                CoreParts.METADATA_TIMEOUT);
    }

    /** Waits for the metadata's leader and, in a new cluster, writes its first entry. */
    private void formAlone(MetadataShard metadata, OwnReplicas own, SortedSet<Integer> ids) {
        awaitLeader(own);
        if (metadata.image().clusterId() != null) {
            return;
        }
        List<Integer> self = List.of(config.cluster().brokerId());
        List<ShardEntry> entries = new ArrayList<>();
        for (int id : ids) {
            entries.add(new ShardEntry(
                    id, id == ShardEntry.METADATA_SHARD ? ShardEntry.Kind.METADATA : ShardEntry.Kind.DATA, self));
        }
        metadata.form(clusterId, entries);
        LOG.info("Formed cluster {}", clusterId);
    }

    private void awaitLeader(OwnReplicas own) {
        long deadline = environment.nanos().getAsLong() + LEADER_TIMEOUT.toNanos();
        try {
            while (!own.leads(ShardEntry.METADATA_SHARD)) {
                long left = deadline - environment.nanos().getAsLong();
                // Each change of leadership wakes us.
                if (left <= 0 || !metadataLed.tryAcquire(left, TimeUnit.NANOSECONDS)) {
                    throw Fault.of(
                                    ErrorCode.SHARD_UNAVAILABLE,
                                    "shard/0",
                                    "The metadata shard found no leader within " + LEADER_TIMEOUT
                                            + "; the log above says why.")
                            .asException();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FaultException(Fault.of(ErrorCode.CANCELLED, "shard/0", "The start was cut off."), e);
        }
    }

    /** Rewriting may use half of what appends leave free: it gives back more than it takes, and a full disk must not stop it. */
    private Upkeep.Settings upkeepSettings() {
        return new Upkeep.Settings(
                config.storage().diskReserveBytes() / 2, config.storage().rewriteRate());
    }

    private ClusterHealth health(OwnReplicas own) {
        ActiveMember member = active;
        return member != null
                ? member.health()
                : new LoneHealth(config.cluster().brokerId(), own);
    }

    private GrpcServer.Settings grpcSettings(ExecutorService blocking, ExecutorService readers, ClusterHealth health) {
        BrokerConfig.Limits limits = config.limits();
        return new GrpcServer.Settings(
                new InetSocketAddress(config.listen().host(), config.listen().port()),
                config.cluster().brokerId(),
                BuildVersion.text(),
                limits.maxBatchBytes(),
                limits.maxResponseBytes(),
                limits.maxCallsPerConnection(),
                config.defaults().requestTimeout(),
                environment.nanos(),
                health,
                blocking,
                readers);
    }

    private void register(MetadataShard metadata, DataDirectory directory) {
        BrokerConfig.Listen listen = config.listen();
        Membership joined = membership;
        ActiveMember member = active;
        BrokerEntry entry = BrokerEntry.of(
                config.cluster().brokerId(),
                directory.identity().incarnation(),
                config.cluster().rack(),
                listen.advertisedHost().isEmpty() ? listen.host() : listen.advertisedHost(),
                listen.advertisedPort() == 0 ? grpcPort : listen.advertisedPort(),
                joined == null ? null : joined.self());
        if (member == null) {
            metadata.register(entry);
        } else {
            member.register(metadata, entry, LEADER_TIMEOUT, this::refused);
        }
    }

    /** The cluster does not take this broker: it stops. */
    private void refused(Fault fault) {
        LOG.error("The cluster does not take this broker: {}", fault.message());
        refusal = fault;
        new NamedThreads("refused").newThread(this::close).start();
    }

    /** Finishes topics that a crash left halfway, and looks again now and then for those that a fault has. By the metadata's leader alone. */
    private static void reconcileNowAndThen(Topics topics, OwnReplicas own, ScheduledExecutorService timers) {
        var unused = timers.scheduleWithFixedDelay(
                () -> {
                    try {
                        if (own.leads(ShardEntry.METADATA_SHARD)) {
                            topics.reconcile(CoreParts.METADATA_TIMEOUT.toNanos());
                        }
                    } catch (RuntimeException e) {
                        LOG.error("Reconciling topics failed; it is tried again", e);
                    }
                },
                0,
                RECONCILE_EVERY.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    private Readiness.State readiness(OwnReplicas own, Core core) {
        List<String> reasons = new ArrayList<>();
        int ready = 0;
        ActiveMember member = active;
        for (int shard : own.shards().ids()) {
            if (member == null ? own.leads(shard) : member.isReady(shard)) {
                ready++;
            } else if (member == null) {
                reasons.add("shard/" + shard + (shard == 0 ? " (metadata)" : "") + " has no ready leader here");
            }
        }
        own.shards().quarantined().forEach((id, why) -> reasons.add("shard/" + id + " is quarantined: " + why));
        if (member != null) {
            reasons.addAll(member.reasons());
        } else if (!core.partitions()
                .image()
                .brokers()
                .containsKey(config.cluster().brokerId())) {
            reasons.add("the broker is not registered yet");
        }
        return new Readiness.State(ready, own.shards().ids().size(), reasons);
    }

    private void metrics(Metrics metrics, Core core, OwnReplicas own) {
        metrics.budget(core.budget());
        own.shards().shards().forEach(metrics::shard);
        Membership joined = membership;
        if (joined != null) {
            metrics.counter(
                    "millrace.elections", "Leaders of a new term, of any shard, heard of", joined.leaders()::elections);
            own.shards()
                    .ids()
                    .forEach(id -> metrics.shardGauge(
                            "millrace.shard.leader",
                            "Broker that leads the shard, as heard here; -1: unknown",
                            id,
                            () -> joined.leaders().broker(id)));
        }
    }

    private ExecutorService addPool(String name, int threads) {
        ExecutorService pool = Pools.pool(name, threads);
        steps.push(new Step(name, () -> Pools.stop(pool)));
        return pool;
    }

    private ScheduledExecutorService addTimers(String name) {
        ScheduledExecutorService timers = Pools.timers(name, 2);
        steps.push(new Step(name, () -> Pools.stop(timers)));
        return timers;
    }

    private void warnWhenOpen() {
        InetAddress address = new InetSocketAddress(config.listen().host(), 0).getAddress();
        if (address != null && !address.isLoopbackAddress()) {
            LOG.warn(
                    "LISTENING ON {} WITHOUT AUTHENTICATION OR ENCRYPTION: whoever reaches ports {} and {} can read, write and"
                            + " delete everything. Set listen.host to 127.0.0.1, or keep the network closed.",
                    config.listen().host(),
                    grpcPort,
                    httpPort);
        }
    }

    public int grpcPort() {
        return grpcPort;
    }

    public int httpPort() {
        return httpPort;
    }

    public String host() {
        return config.listen().host();
    }

    public UUID clusterId() {
        return clusterId;
    }

    /** How other brokers reach this one; null: it stands alone. */
    public @Nullable Peer peer() {
        Membership joined = membership;
        return joined == null ? null : joined.self();
    }

    /** Why the cluster did not take this broker any more, so that it stopped; null: it did. */
    public @Nullable Fault refusal() {
        return refusal;
    }

    /**
     * Stops: in a cluster hands over leadership, refuses new work (STOPPING), gives what is in flight the configured grace, then undoes the steps of the start in reverse; the
     * index is flushed on the way. Idempotent; a second caller waits for the first.
     */
    @Override
    public void close() {
        if (!isClosed.compareAndSet(false, true)) {
            awaitClosed();
            return;
        }
        while (!steps.isEmpty()) {
            Step step = steps.pop();
            try {
                step.undo().close();
            } catch (Exception e) {
                LOG.error("Stopping {} failed", step.name(), e);
            }
        }
        closed.countDown();
        if (isServing) {
            LOG.info("Stopped");
        }
    }

    /** Waits until the broker is stopped. */
    public void awaitClosed() {
        try {
            closed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
