package io.millrace.replication.ratis;

import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.replication.ReplicatedLog;
import io.millrace.storage.FailStop;
import io.millrace.storage.StorageException;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
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
 * The Raft server of this broker, with one group per shard. A shard that cannot start is quarantined, the others start.
 *
 * <p>Thread safe once started. Every call into Ratis has a deadline of its own; an uncaught error on a Ratis thread, or a log of ours that
 * does not reach the disk, calls the {@link FailStop}.
 */
public final class RatisHost implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(RatisHost.class);

    private static final long START_TIMEOUT_MILLIS = 60_000;
    private static final long DRAIN_TIMEOUT_MILLIS = 2_000;
    private static final long CLOSE_TIMEOUT_MILLIS = 15_000;
    private static final long WATCH_MILLIS = 200;

    private final RatisConfig config;
    private final Map<Integer, RatisLog<?>> logs = new LinkedHashMap<>();
    private final Map<Integer, Throwable> damaged = new LinkedHashMap<>();
    private final Map<RaftGroupId, StateMachine> stateMachines = new LinkedHashMap<>();
    private final List<Path> storage = new ArrayList<>();
    private final ScheduledExecutorService watchdog;
    private @Nullable RaftServer server;

    private RatisHost(RatisConfig config) {
        this.config = config;
        this.watchdog = Executors.newSingleThreadScheduledExecutor(task -> daemon("raft-watchdog", task));
    }

    /**
     * Recovers the groups' logs and starts them. On return each is {@link #quarantined} or started; leadership comes a little later.
     *
     * @throws StorageException IO where the server itself cannot start
     * @throws FaultException PORT_IN_USE
     */
    public static RatisHost start(RatisConfig config, List<RaftGroupSpec<?>> groups, FailStop failStop) {
        RatisHost host = new RatisHost(config);
        try {
            for (RaftGroupSpec<?> group : groups) {
                host.recover(group, failStop);
            }
            if (!host.logs.isEmpty()) {
                host.startServer(failStop);
            }
        } catch (RuntimeException | Error e) {
            host.close();
            throw e;
        }
        return host;
    }

    /** The id of a shard's Raft group: the same on all brokers of a cluster, and of no other. */
    static RaftGroupId groupId(UUID clusterId, int shard) {
        byte[] groupName = ("millrace/" + clusterId + "/" + shard).getBytes(StandardCharsets.UTF_8);
        return RaftGroupId.valueOf(UUID.nameUUIDFromBytes(groupName));
    }

    private <R> void recover(RaftGroupSpec<R> group, FailStop failStop) {
        String name = "shard/" + group.shard();
        RaftGroupId groupId = groupId(config.clusterId(), group.shard());
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
            quarantine(group.shard(), e);
            return;
        }
        RatisLog<R> ratisLog = new RatisLog<>(name, groupId, current, config, group, failStop);
        logs.put(group.shard(), ratisLog);
        stateMachines.put(groupId, ratisLog.stateMachine());
        storage.add(group.directory());
    }

    private void quarantine(int shard, Throwable cause) {
        log.error("shard/{} is quarantined: it does not start", shard, cause);
        damaged.put(shard, cause);
    }

    private void startServer(FailStop failStop) {
        RaftPeerId peerId = RaftPeerId.valueOf(config.peerId());
        RaftProperties properties = RatisSettings.properties(config, true);
        // Ratis adds a group for each directory that it finds when it is built, without voters and all or nothing. It
        // finds none, and
        // we add them one by one.
        RatisSettings.storage(properties, List.of(storage.get(0).resolve("none")));
        try {
            RaftServer built = RaftServer.newBuilder()
                    .setServerId(peerId)
                    .setProperties(properties)
                    .setParameters(RatisSettings.closedPort())
                    .setStateMachineRegistry(this::stateMachine)
                    .setThreadGroup(new StoppingThreadGroup(failStop))
                    .build();
            server = built;
            RatisSettings.storage(properties, storage);
            built.start();
            addGroups(built, peerId);
        } catch (IOException e) {
            throw new StorageException(StorageException.Kind.IO, "cannot start the Raft server", e);
        }
        var unused = watchdog.scheduleWithFixedDelay(
                () -> watch(failStop), WATCH_MILLIS, WATCH_MILLIS, TimeUnit.MILLISECONDS);
    }

    private StateMachine stateMachine(RaftGroupId groupId) {
        StateMachine found = stateMachines.get(groupId);
        if (found == null) {
            throw new IllegalStateException("no shard has the Raft group " + groupId);
        }
        return found;
    }

    private void addGroups(RaftServer built, RaftPeerId peerId) throws IOException {
        RaftPeer self = RaftPeer.newBuilder()
                .setId(peerId)
                .setAddress(new InetSocketAddress(
                        config.host(),
                        built.getServerRpc().getInetSocketAddress().getPort()))
                .build();
        Map<Integer, CompletableFuture<RaftClientReply>> added = new LinkedHashMap<>();
        for (Integer shard : logs.keySet()) {
            RaftGroup group = RaftGroup.valueOf(groupId(config.clusterId(), shard), self);
            added.put(
                    shard,
                    built.groupManagementAsync(
                            GroupManagementRequest.newAdd(ClientId.randomId(), peerId, shard, group, false)));
        }
        for (Map.Entry<Integer, CompletableFuture<RaftClientReply>> each : added.entrySet()) {
            try {
                RaftClientReply reply = each.getValue().get(START_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
                if (reply.getException() != null) {
                    throw new ExecutionException(reply.getException());
                }
                attach(built, each.getKey());
            } catch (ExecutionException | TimeoutException e) {
                logs.remove(each.getKey());
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
            started.attach(built.getDivision(groupId(config.clusterId(), shard)));
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

    private void watch(FailStop failStop) {
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
