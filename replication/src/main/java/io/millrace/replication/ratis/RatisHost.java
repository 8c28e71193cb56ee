package io.millrace.replication.ratis;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.replication.RaftVoter;
import io.millrace.replication.ReplicatedLog;
import io.millrace.replication.payload.PayloadExchange;
import io.millrace.storage.FailStop;
import io.millrace.storage.StorageException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.GroupManagementRequest;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.statemachine.StateMachine;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Raft server of this broker, with one group per shard that it has a replica of. A shard that cannot start is quarantined, the others go on.
 *
 * <p>Thread safe. Every call into Ratis has a deadline of its own; an uncaught error on a Ratis thread, or a log of ours that does not reach the
 * disk, calls the {@link FailStop}.
 */
public final class RatisHost implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(RatisHost.class);

    private static final long START_TIMEOUT_MILLIS = 60_000;
    private static final long DRAIN_TIMEOUT_MILLIS = 2_000;
    private static final long CLOSE_TIMEOUT_MILLIS = 15_000;
    private static final long WATCH_MILLIS = 200;

    /** Followers of a dead leader stand one after another, so that they do not split the votes. */
    private static final long ELECTION_STEP_MILLIS = 300;

    private final RatisConfig config;
    private final @Nullable PayloadExchange exchange;
    private final RatisEvents events;
    private final FailStop failStop;
    private final Map<Integer, RatisLog<?>> logs = new ConcurrentHashMap<>();
    private final Map<Integer, Throwable> damaged = new ConcurrentHashMap<>();
    private final Map<RaftGroupId, StateMachine> stateMachines = new ConcurrentHashMap<>();

    @GuardedBy("this")
    private final Map<Integer, Path> storage = new LinkedHashMap<>();

    private final ScheduledExecutorService watchdog;
    private final RaftProperties properties;
    private volatile @Nullable RaftServer server;

    private RatisHost(RatisConfig config, @Nullable PayloadExchange exchange, RatisEvents events, FailStop failStop) {
        this.config = config;
        this.exchange = exchange;
        this.events = events;
        this.failStop = failStop;
        this.properties = RatisSettings.properties(config);
        this.watchdog = Executors.newSingleThreadScheduledExecutor(task -> daemon("raft-watchdog", task));
    }

    /**
     * For a broker that stands alone: recovers the groups' logs and starts them. On return each is {@link #quarantined} or started; leadership comes a
     * little later.
     *
     * @throws StorageException IO where the server itself cannot start
     * @throws FaultException PORT_IN_USE
     */
    public static RatisHost start(RatisConfig config, List<RaftGroupSpec<?>> groups, FailStop failStop) {
        return start(config, groups, null, RatisEvents.NONE, failStop);
    }

    /**
     * As above, for a broker among others.
     *
     * @param exchange how payload goes to and comes from them; null where the broker stands alone
     */
    public static RatisHost start(
            RatisConfig config,
            List<RaftGroupSpec<?>> groups,
            @Nullable PayloadExchange exchange,
            RatisEvents events,
            FailStop failStop) {
        if (config.isAlone() != (exchange == null)) {
            throw new IllegalArgumentException("a broker has peers and streams to them, or neither");
        }
        RatisHost host = new RatisHost(config, exchange, events, failStop);
        try {
            host.startServer(groups);
            return host;
        } catch (RuntimeException | Error e) {
            host.close();
            throw e;
        }
    }

    /** The id of a shard's Raft group: the same on all brokers of a cluster, and of no other. */
    static RaftGroupId groupId(UUID clusterId, int shard) {
        byte[] groupName = ("millrace/" + clusterId + "/" + shard).getBytes(StandardCharsets.UTF_8);
        return RaftGroupId.valueOf(UUID.nameUUIDFromBytes(groupName));
    }

    private synchronized void startServer(List<RaftGroupSpec<?>> groups) {
        List<RaftGroupSpec<?>> recovered = new ArrayList<>();
        for (RaftGroupSpec<?> each : groups) {
            if (recover(each)) {
                recovered.add(each);
            }
        }
        if (recovered.isEmpty() && config.isAlone()) {
            return;
        }
        // Ratis adds a group for each directory that it finds when it is built, without voters and all or nothing. It
        // finds none, and we add them
        // one by one.
        Path none =
                groups.isEmpty() ? Path.of("none") : groups.get(0).directory().resolve("none");
        RatisSettings.storage(properties, List.of(none));
        try {
            RaftServer built = RaftServer.newBuilder()
                    .setServerId(RaftPeerId.valueOf(config.peerId()))
                    .setProperties(properties)
                    .setParameters(RatisSettings.guardedPort(config))
                    .setStateMachineRegistry(this::stateMachine)
                    .setThreadGroup(new StoppingThreadGroup(failStop))
                    .build();
            server = built;
            built.start();
            addGroups(built, recovered);
        } catch (IOException e) {
            throw new StorageException(StorageException.Kind.IO, "cannot start the Raft server", e);
        }
        if (exchange != null) {
            exchange.whenOrphaned(events::stuck);
        }
        var unused = watchdog.scheduleWithFixedDelay(this::watch, WATCH_MILLIS, WATCH_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** False: it is quarantined. */
    @GuardedBy("this")
    private <R> boolean recover(RaftGroupSpec<R> group) {
        int shard = group.shard();
        String name = "shard/" + shard;
        RaftGroupId groupId = groupId(config.clusterId(), shard);
        Path root = group.directory().resolve(groupId.getUuid().toString());
        Path current = root.resolve("current");
        try {
            // Ratis formats an empty directory and finds its group by the directory's name.
            Files.createDirectories(root);
            DirectoryForce.force(group.directory());
            var recovered = new RaftLogRecovery(
                            name, current, group.shardLog(), group.machine().applied())
                    .run();
            log.info("{}: {} over {}", name, recovered, group.machine().applied());
        } catch (IOException | StorageException e) {
            quarantine(shard, e);
            return false;
        }
        RatisLog<R> ratisLog =
                new RatisLog<>(name, groupId, current, config, group, exchange, () -> events.behind(shard), failStop);
        damaged.remove(shard);
        logs.put(shard, ratisLog);
        stateMachines.put(groupId, ratisLog.stateMachine());
        storage.put(shard, group.directory());
        return true;
    }

    private void quarantine(int shard, Throwable cause) {
        log.error("shard/{} is quarantined: it does not start", shard, cause);
        damaged.put(shard, cause);
    }

    private StateMachine stateMachine(RaftGroupId groupId) {
        StateMachine found = stateMachines.get(groupId);
        if (found == null) {
            throw new IllegalStateException("no shard has the Raft group " + groupId);
        }
        return found;
    }

    /**
     * Starts one more group, or one that was removed. On return it is {@link #quarantined} or started.
     *
     * @throws IllegalStateException where the broker stands alone, or the group is there
     */
    public synchronized void add(RaftGroupSpec<?> group) {
        RaftServer started = server;
        if (started == null || logs.containsKey(group.shard())) {
            throw new IllegalStateException("shard/" + group.shard() + " cannot be added");
        }
        if (recover(group)) {
            try {
                addGroups(started, List.of(group));
            } catch (IOException e) {
                throw new StorageException(StorageException.Kind.IO, "cannot add shard/" + group.shard(), e);
            }
        }
    }

    /** Stops a group; its files stay. What is in flight fails. Does nothing where there is none. */
    public synchronized void remove(int shard) {
        RatisLog<?> removed = logs.remove(shard);
        damaged.remove(shard);
        RaftServer started = server;
        if (removed == null || started == null) {
            return;
        }
        RaftGroupId groupId = groupId(config.clusterId(), shard);
        removed.stopTaking();
        removed.stopWaiting();
        try {
            RaftClientReply reply = started.groupManagementAsync(GroupManagementRequest.newRemove(
                            ClientId.randomId(), RaftPeerId.valueOf(config.peerId()), shard, groupId, false, false))
                    .get(CLOSE_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
            if (reply.getException() != null) {
                throw new ExecutionException(reply.getException());
            }
        } catch (ExecutionException | TimeoutException e) {
            // It may write on, so that nothing else may touch its files.
            failStop.fail("shard/" + shard + ": Raft does not let go of the group", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            failStop.fail("shard/" + shard + ": interrupted while the group stops", e);
        }
        removed.closed();
        stateMachines.remove(groupId);
        storage.remove(shard);
    }

    @GuardedBy("this")
    private void addGroups(RaftServer built, List<RaftGroupSpec<?>> groups) throws IOException {
        if (groups.isEmpty()) {
            return;
        }
        RatisSettings.storage(properties, List.copyOf(storage.values()));
        RaftPeerId peerId = RaftPeerId.valueOf(config.peerId());
        int port = built.getServerRpc().getInetSocketAddress().getPort();
        RaftVoter self = new RaftVoter(config.brokerId(), config.incarnation(), config.host(), port);
        Map<Integer, CompletableFuture<RaftClientReply>> added = new LinkedHashMap<>();
        for (RaftGroupSpec<?> each : groups) {
            List<RaftPeer> voters = (config.isAlone() ? List.of(self) : each.voters())
                    .stream().map(RaftGroupAdmin::peer).toList();
            RaftGroup group = RaftGroup.valueOf(groupId(config.clusterId(), each.shard()), voters);
            added.put(
                    each.shard(),
                    built.groupManagementAsync(
                            GroupManagementRequest.newAdd(ClientId.randomId(), peerId, each.shard(), group, false)));
        }
        for (Map.Entry<Integer, CompletableFuture<RaftClientReply>> each : added.entrySet()) {
            try {
                RaftClientReply reply = each.getValue().get(START_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
                if (reply.getException() != null) {
                    throw new ExecutionException(reply.getException());
                }
                attach(built, each.getKey());
            } catch (ExecutionException | TimeoutException e) {
                RatisLog<?> failed = logs.remove(each.getKey());
                if (failed != null) {
                    failed.stopTaking();
                    failed.stopWaiting();
                }
                quarantine(each.getKey(), e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while the shards start", e);
            }
        }
    }

    private void attach(RaftServer built, int shard) throws IOException {
        RatisLog<?> started = logs.get(shard);
        if (started != null) {
            started.attach(built, built.getDivision(groupId(config.clusterId(), shard)));
        }
    }

    /** The replicas of a shard, as the one on this broker knows them. Faults: SHARD_UNAVAILABLE. */
    public ShardReplicas replicas(int shard) {
        return admin(shard).replicas();
    }

    /**
     * Makes these the replicas of a shard that is led here. Completes when the new configuration is committed. Faults: NOT_LEADER, SHARD_UNAVAILABLE,
     * also where it could not be decided in time.
     */
    public CompletableFuture<Void> reconfigure(
            int shard, List<RaftVoter> voters, List<RaftVoter> listeners, long timeoutMillis) {
        return admin(shard).reconfigure(voters, listeners, timeoutMillis);
    }

    /** Hands leadership of a shard that is led here to another voter, and completes when that one leads. Faults as for {@link #reconfigure}. */
    public CompletableFuture<Void> transfer(int shard, RaftVoter to, long timeoutMillis) {
        return admin(shard).transfer(to.peerId(), timeoutMillis);
    }

    private RaftGroupAdmin admin(int shard) {
        RatisLog<?> found = logs.get(shard);
        RaftGroupAdmin admin = found == null ? null : found.admin();
        if (admin == null) {
            throw Fault.of(ErrorCode.SHARD_UNAVAILABLE, "shard/" + shard, "the shard is not open on this broker")
                    .asException();
        }
        return admin;
    }

    /**
     * The process of another broker has ended: nobody listens on its ports any more. For shards that it led, replicas of this broker stand for election
     * at once instead of waiting for a timeout. Silence, or a connection that broke, is not enough: see {@link RaftGroupAdmin#standForElection}.
     */
    public void died(int broker) {
        logs.values().forEach(each -> {
            if (each.leader() == broker) {
                long rank = each.others().stream()
                        .filter(other -> other != broker && other < config.brokerId())
                        .count();
                var unused = watchdog.schedule(
                        () -> standForElection(each, broker), rank * ELECTION_STEP_MILLIS, TimeUnit.MILLISECONDS);
            }
        });
    }

    private void standForElection(RatisLog<?> shard, int deadBroker) {
        RaftGroupAdmin admin = shard.admin();
        String leader = shard.leadership().leaderId();
        if (admin == null || leader == null || RaftVoter.brokerId(leader) != deadBroker) {
            return; // another leads by now
        }
        try {
            boolean standing = admin.standForElection(leader);
            log.info("{}: its leader {} is dead; this replica stands for election: {}", shard, leader, standing);
        } catch (IOException | RuntimeException e) {
            log.warn("{}: cannot stand for election; the usual timeout goes on", shard, e);
        }
    }

    /**
     * The log of a shard, typed as its group was.
     *
     * @throws FaultException SHARD_UNAVAILABLE where it is quarantined
     */
    @SuppressWarnings("unchecked") // by the caller's word: it gave the machine that answers R
    public <R> ReplicatedLog<R> log(int shard) {
        RatisLog<?> found = logs.get(shard);
        if (found == null) {
            Throwable cause = damaged.get(shard);
            Fault fault = Fault.of(ErrorCode.SHARD_UNAVAILABLE, "shard/" + shard, "the shard did not start");
            throw cause == null ? fault.asException() : new FaultException(fault, cause);
        }
        return (ReplicatedLog<R>) found;
    }

    /** Where Raft listens; -1 where no shard started. */
    public int port() {
        RaftServer started = server;
        return started == null
                ? -1
                : started.getServerRpc().getInetSocketAddress().getPort();
    }

    /** Shards out of use, with the reason: those that did not start, and those that failed since. */
    public Map<Integer, Throwable> quarantined() {
        Map<Integer, Throwable> all = new LinkedHashMap<>(damaged);
        logs.forEach((shard, each) -> {
            Throwable cause = each.quarantined();
            if (cause != null) {
                all.put(shard, cause);
            }
        });
        return all;
    }

    private void watch() {
        try {
            long now = config.nanos().getAsLong();
            logs.values().forEach(each -> each.watch(now));
        } catch (RuntimeException | Error e) {
            failStop.fail("the Raft watchdog", e); // without it nothing bounds a wait
        }
    }

    /** Stops taking proposals, gives those in flight a moment, and stops Raft; what is left then fails as unknown. */
    @Override
    public void close() {
        logs.values().forEach(RatisLog::stopTaking);
        long start = config.nanos().getAsLong();
        while (logs.values().stream().anyMatch(each -> each.inFlight() > 0)
                && config.nanos().getAsLong() - start < TimeUnit.MILLISECONDS.toNanos(DRAIN_TIMEOUT_MILLIS)) {
            if (!pause()) {
                break;
            }
        }
        watchdog.shutdownNow();
        logs.values().forEach(RatisLog::stopWaiting);
        RaftServer started = server;
        if (started != null) {
            closeInTime("the Raft server", started, config.nanos());
        }
        logs.values().forEach(RatisLog::closed);
    }

    private boolean pause() {
        try {
            return !watchdog.awaitTermination(5, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Closes a part of Ratis on a thread of its own: it may hang, and then it is left behind. */
    static void closeInTime(String what, Closeable part, LongSupplier nanos) {
        long start = nanos.getAsLong();
        Thread closer = daemon("raft-close", () -> {
            try {
                part.close();
            } catch (IOException | RuntimeException e) {
                log.warn("{} did not close cleanly", what, e);
            }
        });
        closer.start();
        try {
            closer.join(CLOSE_TIMEOUT_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        long millis = TimeUnit.NANOSECONDS.toMillis(nanos.getAsLong() - start);
        if (closer.isAlive()) {
            log.error("{} did not close within {} ms and is left behind", what, millis);
        } else {
            log.info("{} closed in {} ms", what, millis);
        }
    }

    private static Thread daemon(String threadName, Runnable task) {
        Thread thread = new Thread(task, threadName);
        thread.setDaemon(true);
        return thread;
    }

    /** Ratis' threads: what none of them catches stops the node. */
    private static final class StoppingThreadGroup extends ThreadGroup {
        private final FailStop failStop;

        private StoppingThreadGroup(FailStop failStop) {
            super("raft");
            this.failStop = failStop;
        }

        @Override
        public void uncaughtException(Thread thread, Throwable cause) {
            failStop.fail("Raft's thread " + thread.getName(), cause);
        }
    }
}
