package io.millrace.broker.member;

import io.millrace.broker.host.OpenShards;
import io.millrace.broker.metadata.ClusterImage;
import io.millrace.broker.metadata.ShardEntry;
import io.millrace.error.FaultException;
import io.millrace.replication.RaftVoter;
import io.millrace.replication.ratis.ShardReplicas;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands over leadership: of one shard at a time to the broker that is to lead it, when things have been quiet for a while, and of all shards before this broker stops.
 * Each leader does so for itself. {@link #look} and {@link #handOver} are run by one thread each.
 */
final class LeaderBalance {
    private static final Logger LOG = LoggerFactory.getLogger(LeaderBalance.class);

    /** After a failover nothing is moved for so long; soon after a start, when leaders lie where they fell, for less. */
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(60);

    private static final long QUIET_AT_START_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final long START_NANOS = TimeUnit.SECONDS.toNanos(30);

    /** Entries that the next leader may be behind: it takes them before it leads. */
    private static final long CLOSE_ENTRIES = 200;

    private static final long TRANSFER_MILLIS = 2_000;

    private final int self;
    private final OpenShards shards;
    private final OwnReplicas own;
    private final Supplier<ClusterImage> image;
    private final Supplier<Set<Integer>> connected;
    private final LongSupplier nanos;
    private final long startNanos;
    private final Map<Integer, Long> since = new ConcurrentHashMap<>();

    LeaderBalance(
            int self,
            OwnReplicas own,
            Supplier<ClusterImage> image,
            Supplier<Set<Integer>> connected,
            LongSupplier nanos) {
        this.self = self;
        this.shards = own.shards();
        this.own = own;
        this.image = image;
        this.connected = connected;
        this.nanos = nanos;
        this.startNanos = nanos.getAsLong();
    }

    /** Moves one shard at most. */
    void look() {
        long now = nanos.getAsLong();
        for (ShardEntry shard : image.get().shards().values()) {
            if (!own.leads(shard.id())) {
                since.remove(shard.id());
                continue;
            }
            long led = since.computeIfAbsent(shard.id(), id -> now);
            long quiet = led - startNanos < START_NANOS ? QUIET_AT_START_NANOS : QUIET_NANOS;
            int preferred = shard.replicas().isEmpty() ? self : shard.replicas().get(0);
            if (preferred != self && now - led >= quiet && connected.get().contains(preferred)) {
                RaftVoter target = caughtUp(shard.id(), preferred);
                if (target != null) {
                    since.put(shard.id(), now);
                    transfer(shard.id(), target, TRANSFER_MILLIS);
                    return;
                }
            }
        }
    }

    private @Nullable RaftVoter caughtUp(int shard, int broker) {
        ShardReplicas replicas;
        try {
            replicas = shards.raft().replicas(shard);
        } catch (FaultException e) {
            return null;
        }
        for (RaftVoter voter : replicas.voters()) {
            long behind =
                    replicas.commitIndex() - replicas.commitIndexes().getOrDefault(voter.peerId(), Long.MIN_VALUE / 2);
            if (voter.brokerId() == broker && behind <= CLOSE_ENTRIES && !replicas.isChanging()) {
                return voter;
            }
        }
        return null;
    }

    private boolean transfer(int shard, RaftVoter target, long timeoutMillis) {
        long start = nanos.getAsLong();
        try {
            shards.raft().transfer(shard, target, timeoutMillis).get(timeoutMillis + 500, TimeUnit.MILLISECONDS);
            LOG.info(
                    "Handed shard {} over to broker {} in {} ms",
                    shard,
                    target.brokerId(),
                    TimeUnit.NANOSECONDS.toMillis(nanos.getAsLong() - start));
            return true;
        } catch (ExecutionException | TimeoutException | FaultException e) {
            LOG.info("Shard {} was not handed over to broker {}: {}", shard, target.brokerId(), e.getMessage());
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Before a stop: hands every shard that is led here to the voter that is furthest, while there is time. */
    void handOver(long timeoutNanos) {
        long deadline = nanos.getAsLong() + timeoutNanos;
        for (int shard : shards.ids()) {
            if (!own.leads(shard)) {
                continue;
            }
            ShardReplicas replicas;
            try {
                replicas = shards.raft().replicas(shard);
            } catch (FaultException e) {
                continue;
            }
            Comparator<RaftVoter> furthest =
                    Comparator.comparingLong(voter -> replicas.commitIndexes().getOrDefault(voter.peerId(), -1L));
            for (RaftVoter target : replicas.voters().stream()
                    .filter(voter -> voter.brokerId() != self && connected.get().contains(voter.brokerId()))
                    .sorted(furthest.reversed())
                    .toList()) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - nanos.getAsLong());
                if (left <= 0) {
                    LOG.warn("No time is left to hand over leadership: the others elect by themselves");
                    return;
                }
                if (transfer(shard, target, Math.min(left, TRANSFER_MILLIS))) {
                    break;
                }
            }
        }
    }
}
