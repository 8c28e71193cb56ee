package io.millrace.replication.payload;

import io.millrace.replication.payload.ShardPayloads.Pull;
import io.millrace.replication.peer.PayloadId;
import io.millrace.replication.peer.PeerListener;
import io.millrace.replication.peer.PeerStreams;
import io.millrace.replication.peer.ReceivedPayload;
import io.millrace.replication.peer.ShardLeader;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * All payload of this broker's shards on its way from and to peers: pushes what the broker leads, hands what comes to its shard, and pulls what
 * did not come. One per broker. Thread safe.
 *
 * <p>Made first, given to the streams as their listener, then {@link #attach}ed to them.
 */
public final class PayloadExchange implements PeerListener, AutoCloseable {
    private static final long SWEEP_MILLIS = 10;
    private static final long PULL_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final PayloadEvents events;
    private final LongSupplier nanos;
    private final Map<Integer, ShardPayloads> shards = new ConcurrentHashMap<>();
    private final Set<Integer> dead = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService sweeper;
    private final AtomicBoolean isSweeping = new AtomicBoolean();
    private volatile @Nullable PeerStreams streams;
    private volatile IntConsumer onOrphaned = shard -> {};

    public PayloadExchange(PayloadEvents events, LongSupplier nanos) {
        this.events = events;
        this.nanos = nanos;
        ScheduledThreadPoolExecutor one = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "payload-pull");
            thread.setDaemon(true);
            return thread;
        });
        one.setRemoveOnCancelPolicy(true);
        one.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        this.sweeper = one;
    }

    public void attach(PeerStreams attached) {
        streams = attached;
    }

    /** Told, on a thread of the exchange, of a shard whose log is held up by a payload that nobody has: it must be opened anew. */
    public void whenOrphaned(IntConsumer listener) {
        onOrphaned = listener;
    }

    public void open(ShardPayloads payloads) {
        shards.put(payloads.shard(), payloads);
    }

    public void close(ShardPayloads payloads) {
        shards.remove(payloads.shard(), payloads);
        payloads.close();
    }

    /** Sends a payload of this broker, which leads the shard, to the other replicas. */
    public void push(ShardPayloads payloads, long term, long raftIndex, int length, int crc) {
        PeerStreams peers = streams;
        if (peers != null) {
            PayloadId id = new PayloadId(payloads.shard(), term, raftIndex);
            payloads.members().others().forEach(broker -> peers.push(broker, id, length, crc));
        }
    }

    /** See {@link ShardPayloads#expect}. */
    public CompletableFuture<Void> expect(ShardPayloads payloads, long term, long raftIndex, int length, int crc) {
        PayloadId id = new PayloadId(payloads.shard(), term, raftIndex);
        CompletableFuture<Void> future = payloads.expect(id, length, crc, nanos.getAsLong());
        if (!future.isDone()) {
            sweepSoon();
        }
        return future;
    }

    private void sweepSoon() {
        if (isSweeping.compareAndSet(false, true) && !sweeper.isShutdown()) {
            var unused = sweeper.schedule(this::sweep, SWEEP_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void sweep() {
        isSweeping.set(false);
        PeerStreams peers = streams;
        boolean waiting = false;
        for (ShardPayloads each : shards.values()) {
            if (!each.isWaiting()) {
                continue;
            }
            waiting = true;
            long now = nanos.getAsLong();
            if (each.isOrphaned(dead, now)) {
                onOrphaned.accept(each.shard());
            } else if (peers != null) {
                each.pulls(peers.connected(), now).forEach(pull -> start(peers, each, pull));
            }
        }
        if (waiting) {
            sweepSoon();
        }
    }

    private void start(PeerStreams peers, ShardPayloads payloads, Pull pull) {
        var unused = peers.pull(pull.broker(), pull.id(), PULL_TIMEOUT_NANOS).whenComplete((payload, failure) -> {
            if (payload != null) {
                payloads.arrived(payload, nanos.getAsLong());
            }
            payloads.pulled(pull, payload == null && failure == null, nanos.getAsLong());
            if (payload != null) {
                pullOn(payloads);
            }
        });
    }

    /** One that came makes room for the next at once: a replica that was away catches up at the speed of the network, and not of the sweep. */
    private void pullOn(ShardPayloads payloads) {
        PeerStreams peers = streams;
        if (peers != null && payloads.isWaiting()) {
            payloads.pulls(peers.connected(), nanos.getAsLong()).forEach(pull -> start(peers, payloads, pull));
        }
    }

    @Override
    public void pushed(int fromBroker, ReceivedPayload payload) {
        ShardPayloads shard = shards.get(payload.id().shard());
        if (shard == null) {
            payload.close();
        } else {
            shard.arrived(payload, nanos.getAsLong());
        }
    }

    @Override
    public boolean copy(PayloadId id, ByteBuffer target) {
        ShardPayloads shard = shards.get(id.shard());
        return shard != null && shard.copy(id, target);
    }

    @Override
    public int lengthOf(PayloadId id) {
        ShardPayloads shard = shards.get(id.shard());
        return shard == null ? -1 : shard.lengthOf(id);
    }

    @Override
    public void announced(ShardLeader leader) {
        events.announced(leader);
    }

    @Override
    public void connected(int broker) {
        dead.remove(broker);
        events.connection(broker, true);
    }

    @Override
    public void disconnected(int broker) {
        events.connection(broker, false);
    }

    @Override
    public void refused(int broker) {
        dead.add(broker);
        events.died(broker);
    }

    /** Stops pulling. The streams are closed by whoever started them. */
    @Override
    public void close() {
        sweeper.shutdownNow();
    }
}
