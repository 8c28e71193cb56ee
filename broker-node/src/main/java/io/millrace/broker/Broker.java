package io.millrace.broker;

import io.millrace.broker.config.BrokerConfig;
import io.millrace.broker.fetch.Fetches;
import io.millrace.broker.group.Positions;
import io.millrace.broker.host.DataDirectory;
import io.millrace.broker.host.OpenShards;
import io.millrace.broker.host.Upkeep;
import io.millrace.broker.metadata.BrokerEntry;
import io.millrace.broker.metadata.ClusterImage;
import io.millrace.broker.metadata.MetadataShard;
import io.millrace.broker.metadata.Partitions;
import io.millrace.broker.metadata.ProducerIds;
import io.millrace.broker.metadata.ShardEntry;
import io.millrace.broker.metadata.Topics;
import io.millrace.broker.ops.Metrics;
import io.millrace.broker.ops.OpsServer;
import io.millrace.broker.ops.Readiness;
import io.millrace.broker.produce.Appends;
import io.millrace.broker.produce.DiskSpace;
import io.millrace.broker.produce.MemoryBudget;
import io.millrace.broker.produce.PlainRecords;
import io.millrace.broker.rpc.Core;
import io.millrace.broker.rpc.GrpcServer;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.replication.Shard;
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
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A broker: its start is the list of steps in {@link #start}, its stop the same list in reverse. Made by {@link #start}, which returns when
 * it serves; any thread may {@link #close} it.
 */
public final class Broker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Broker.class);

    private static final Duration LEADER_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration METADATA_TIMEOUT = Duration.ofSeconds(15);
    private static final Duration RECONCILE_EVERY = Duration.ofSeconds(10);
    private static final int BLOCKING_THREADS = 16;
    private static final int READER_THREADS = 4;

    /** A task per open call at most; calls are bounded per connection. */
    private static final int QUEUED_TASKS = 100_000;

    private final BrokerConfig config;
    private final Environment environment;
    private final Deque<Step> steps = new ArrayDeque<>();
    private final Semaphore metadataChanged = new Semaphore(0);
    private final AtomicBoolean isClosed = new AtomicBoolean();
    private final CountDownLatch closed = new CountDownLatch(1);

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
     *     SHARD_UNAVAILABLE
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
        clusterId = directory.identity().clusterId();
        Metrics metrics = add("metrics", new Metrics());
        IndexMemory memory = add("index memory", IndexMemory.small());
        OpenShards shards = add("shards", openShards(directory, metrics, memory));
        MetadataShard metadata = add("metadata", metadata(shards));
        formCluster(metadata, shards);
        add("upkeep", Upkeep.start(shards, environment.nanos(), new NamedThreads("upkeep")));

        Partitions partitions = new Partitions(metadata::image, shards::shard);
        ExecutorService blocking = addPool("calls", BLOCKING_THREADS);
        ExecutorService readers = addPool("reads", READER_THREADS);
        ScheduledExecutorService timers = addTimers();
        Core core = core(directory, metadata, partitions, readers, timers, metrics);
        Readiness readiness = new Readiness(() -> readiness(metadata, shards, core));
        metrics.budget(core.budget());
        shards.shards().forEach(metrics::shard);

        OpsServer ops = add(
                "http",
                OpsServer.start(
                        new InetSocketAddress(config.listen().host(), config.httpPort()), metrics::scrape, readiness));
        httpPort = ops.port();
        GrpcServer grpc = GrpcServer.start(core, grpcSettings(blocking, readers));
        steps.push(new Step("grpc", () -> grpc.stop(config.stopGrace())));
        grpcPort = grpc.port();
        metrics.gauge("millrace.grpc.calls", "Calls that are open", grpc::openCalls);
        metrics.gauge("millrace.fetch.waiting", "Fetch requests that wait for records", core.fetches()::waiting);

        register(metadata, directory);
        reconcileNowAndThen(core.topics(), timers);
        grpc.serving(true);
        steps.push(new Step("readiness", readiness::stopping));
        isServing = true;
        warnWhenOpen();
        LOG.info(
                "Broker {} of cluster {} serves on {}:{} (http {}), {} data shards, data in {}",
                config.cluster().brokerId(),
                clusterId,
                config.listen().host(),
                grpcPort,
                httpPort,
                shards.dataShards(),
                directory.root());
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

    private OpenShards openShards(DataDirectory directory, Metrics metrics, IndexMemory memory) {
        long inFlight = config.limits().bytesInFlight();
        ShardConfig shard = ShardConfig.DEFAULT;
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
                        metrics::listener),
                metadataChanged::release);
    }

    private MetadataShard metadata(OpenShards shards) {
        return new MetadataShard(
                shards.metadataLog(),
                shards.metadataMachine(),
                shards.metadataIndex(),
                environment.wallClock(),
                METADATA_TIMEOUT);
    }

    /** Waits for the metadata's leader and, in a new cluster, writes its first entry. */
    private void formCluster(MetadataShard metadata, OpenShards shards) {
        awaitLeader(metadata);
        if (metadata.image().clusterId() != null) {
            return;
        }
        List<Integer> self = List.of(config.cluster().brokerId());
        List<ShardEntry> entries = new ArrayList<>();
        entries.add(new ShardEntry(ShardEntry.METADATA_SHARD, ShardEntry.Kind.METADATA, self));
        for (int id = 1; id <= shards.dataShards(); id++) {
            entries.add(new ShardEntry(id, ShardEntry.Kind.DATA, self));
        }
        metadata.form(clusterId, entries);
        LOG.info("Formed cluster {}", clusterId);
    }

    private void awaitLeader(MetadataShard metadata) {
        long deadline = environment.nanos().getAsLong() + LEADER_TIMEOUT.toNanos();
        try {
            while (!metadata.leadership().leading()) {
                long left = deadline - environment.nanos().getAsLong();
                // Each change of leadership or metadata wakes us.
                if (left <= 0 || !metadataChanged.tryAcquire(left, TimeUnit.NANOSECONDS)) {
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

    private Core core(
            DataDirectory directory,
            MetadataShard metadata,
            Partitions partitions,
            ExecutorService readers,
            ScheduledExecutorService timers,
            Metrics metrics) {
        BrokerConfig.Limits limits = config.limits();
        Topics topics = new Topics(
                metadata,
                partitions,
                new Topics.Bounds(
                        config.defaults().partitions(), limits.maxPartitionsPerTopic(), limits.maxBatchBytes()),
                environment.random(),
                environment.nanos());
        DiskSpace space = new DiskSpace(
                () -> environment.usableBytes().applyAsLong(directory.root()),
                config.storage().diskReserveBytes(),
                config.cluster().brokerId(),
                environment.nanos());
        metrics.gauge("millrace.disk.usable.bytes", "Free bytes of the data directory's file system", space::usable);
        metrics.gauge(
                "millrace.disk.full", "1 while appends are refused for want of space", () -> space.isFull() ? 1 : 0);
        Appends appends = new Appends(partitions, topics, space, environment.wallClock());
        Fetches fetches = new Fetches(partitions, readers, timers);
        return new Core(
                metadata,
                partitions,
                topics,
                new ProducerIds(metadata),
                appends,
                new PlainRecords(partitions, topics, appends, environment.wallClock(), environment.nanos()),
                fetches,
                new Positions(partitions, fetches, environment.random(), environment.nanos()),
                new MemoryBudget(limits.bytesInFlight()));
    }

    private GrpcServer.Settings grpcSettings(ExecutorService blocking, ExecutorService readers) {
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
                blocking,
                readers);
    }

    private void register(MetadataShard metadata, DataDirectory directory) {
        BrokerConfig.Listen listen = config.listen();
        metadata.register(new BrokerEntry(
                config.cluster().brokerId(),
                config.cluster().rack(),
                List.of(new BrokerEntry.Listener(
                        BrokerEntry.MILLRACE_LISTENER,
                        "grpc",
                        "plaintext",
                        listen.advertisedHost().isEmpty() ? listen.host() : listen.advertisedHost(),
                        listen.advertisedPort() == 0 ? grpcPort : listen.advertisedPort())),
                directory.identity().incarnation()));
    }

    /** Finishes topics that a crash left halfway, and looks again now and then for those that a fault has. */
    private void reconcileNowAndThen(Topics topics, ScheduledExecutorService timers) {
        var unused = timers.scheduleWithFixedDelay(
                () -> {
                    try {
                        topics.reconcile(METADATA_TIMEOUT.toNanos());
                    } catch (RuntimeException e) {
                        LOG.error("Reconciling topics failed; it is tried again", e);
                    }
                },
                0,
                RECONCILE_EVERY.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    private Readiness.State readiness(MetadataShard metadata, OpenShards shards, Core core) {
        List<String> reasons = new ArrayList<>();
        int ready = 0;
        if (metadata.leadership().leading()) {
            ready++;
        } else {
            reasons.add("shard/0 (metadata) has no ready leader here");
        }
        for (Shard shard : shards.shards()) {
            if (shard.leadership().leading()) {
                ready++;
            } else {
                reasons.add("shard/" + shard.id() + " has no ready leader here");
            }
        }
        shards.quarantined().forEach((id, why) -> reasons.add("shard/" + id + " is quarantined: " + why));
        ClusterImage image = core.partitions().image();
        if (!image.brokers().containsKey(config.cluster().brokerId())) {
            reasons.add("the broker is not registered yet");
        }
        return new Readiness.State(ready, 1 + shards.dataShards(), reasons);
    }

    private ExecutorService addPool(String name, int threads) {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                threads,
                threads,
                60,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(QUEUED_TASKS),
                new NamedThreads(name));
        pool.allowCoreThreadTimeOut(true);
        steps.push(new Step(name, () -> stop(pool)));
        return pool;
    }

    private ScheduledExecutorService addTimers() {
        ScheduledThreadPoolExecutor timers = new ScheduledThreadPoolExecutor(2, new NamedThreads("timers"));
        timers.setRemoveOnCancelPolicy(true);
        timers.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        steps.push(new Step("timers", () -> stop(timers)));
        return timers;
    }

    private static void stop(ExecutorService pool) {
        pool.shutdown();
        try {
            if (!pool.awaitTermination(5, TimeUnit.SECONDS)) {
                pool.shutdownNow();
                pool.awaitTermination(1, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            pool.shutdownNow();
        }
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

    /**
     * Stops: refuses new work (STOPPING), gives what is in flight the configured grace, then undoes the steps of the start in reverse; the
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
