package io.millrace.broker.member;

import io.millrace.broker.cluster.LeaderTable;
import io.millrace.broker.metadata.BrokerEntry;
import io.millrace.broker.metadata.ClusterImage;
import io.millrace.broker.metadata.MetadataChange;
import io.millrace.broker.metadata.MetadataReplica;
import io.millrace.broker.metadata.MetadataShard;
import io.millrace.broker.metadata.MetadataView;
import io.millrace.broker.metadata.ShardCommands;
import io.millrace.broker.metadata.ShardEntry;
import io.millrace.broker.ops.ClusterHealth;
import io.millrace.broker.verify.ReplicaCheck;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.internal.v1.MetadataEntry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a member does while its shards are open: it answers the others, follows the metadata, registers, catches up, and shares out leadership. Thread safe; closed before
 * the shards.
 */
public final class ActiveMember implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ActiveMember.class);
    private static final long LOOK_MILLIS = 1_000;

    private final Membership membership;
    private final OwnReplicas own;
    private final MetadataView view;
    private final MemberCalls calls;
    private final MetadataFollower follower;
    private final CatchUp catchUp;
    private final LeaderBalance balance;
    private final LeaderSearch search;
    private final ClusterHealth health;
    private volatile @Nullable Registration registration;

    /** @param commands to shards, of which only those led here are used */
    public ActiveMember(
            Membership membership,
            OwnReplicas own,
            MetadataView view,
            ShardCommands commands,
            ReplicaCheck replicaCheck,
            LongSupplier nanos,
            Executor executor) {
        this.membership = membership;
        this.own = own;
        this.view = view;
        int self = membership.self().broker();
        this.calls = new MemberCalls(
                membership.member(),
                membership.formation(),
                membership.book(),
                own,
                commands,
                replicaCheck,
                membership.server());
        this.follower = new MetadataFollower(membership.leaders(), membership.peers(), view, self, this::leadsMetadata);
        this.catchUp = new CatchUp(own, membership.leaders(), membership.peers(), self, nanos);
        this.balance = new LeaderBalance(
                self, own, view::image, () -> membership.streams().connected(), nanos);
        this.search = new LeaderSearch(
                self,
                membership.member().seeds(),
                membership.book(),
                membership.peers(),
                membership.leaders(),
                view::image,
                nanos);
        this.health = new ClusterLook(
                self,
                own,
                membership.peers(),
                view::image,
                () -> membership.streams().connected(),
                executor,
                nanos);
    }

    private boolean leadsMetadata() {
        return own.leads(ShardEntry.METADATA_SHARD);
    }

    /** Begins to answer the others and to follow; {@code timers} run short looks once a second. */
    public void start(ScheduledExecutorService timers) {
        membership.server().serve(calls);
        follower.start();
        every(timers, search::look);
        every(timers, catchUp::look);
        every(timers, balance::look);
        MetadataReplica replica = own.metadata();
        if (replica != null) {
            every(timers, replica::checkpointNow);
        }
    }

    private static void every(ScheduledExecutorService timers, Runnable look) {
        var unused = timers.scheduleWithFixedDelay(
                () -> {
                    try {
                        look.run();
                    } catch (RuntimeException e) {
                        // An escaping exception would end the looks for good.
                        LOG.warn("A look failed; it is done again", e);
                    }
                },
                LOOK_MILLIS,
                LOOK_MILLIS,
                TimeUnit.MILLISECONDS);
    }

    /** The metadata changed, here or at its leader. Does not block. */
    public void metadataAdvanced() {
        membership.server().metadataChanged();
        membership.connect();
    }

    /** A change by this broker, which leads the metadata. */
    public MetadataChange change(MetadataEntry.Builder entry) {
        return calls.change(entry);
    }

    /**
     * Begins to register this broker, and waits a while for it.
     *
     * @param onRefusal told later that it is not taken, for good
     * @throws FaultException the same within the while
     */
    public void register(MetadataShard metadata, BrokerEntry entry, Duration patience, Consumer<Fault> onRefusal) {
        Registration started = new Registration(
                metadata, membership.formation(), membership.leaders(), membership.peers(), this::leadsMetadata, entry);
        registration = started;
        started.start();
        try {
            Optional<Fault> refusal = started.outcome().get(patience.toNanos(), TimeUnit.NANOSECONDS);
            if (refusal.isPresent()) {
                throw refusal.get().asException();
            }
        } catch (TimeoutException e) {
            LOG.warn(
                    "Broker {} serves without being registered: a majority of the metadata's brokers is missing. It goes on"
                            + " trying",
                    entry.id());
            var unused = started.outcome().thenAccept(refusal -> refusal.ifPresent(onRefusal));
        } catch (ExecutionException e) {
            throw new IllegalStateException("a registration fails with a value", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether what the metadata does not show here is not there. */
    public boolean isCurrent() {
        return follower.isCurrent();
    }

    public ClusterHealth health() {
        return health;
    }

    /** Why this broker is not ready; empty: it is. */
    public List<String> reasons() {
        List<String> reasons = new ArrayList<>();
        Registration started = registration;
        if (started == null || !started.isDone()) {
            reasons.add("the broker is not registered yet");
        }
        ClusterImage image = view.image();
        if (!follower.isCurrent()) {
            reasons.add("the metadata is not followed from its leader");
        }
        for (int shard : own.shards().ids()) {
            if (membership.leaders().broker(shard) == LeaderTable.UNKNOWN) {
                reasons.add("shard/" + shard + " has no leader that is known here");
            } else if (!isReady(shard)) {
                reasons.add("shard/" + shard + " has not caught up with its leader yet");
            }
        }
        for (ShardEntry shard : image.shards().values()) {
            if (shard.replicas().contains(membership.self().broker())
                    && !own.shards().ids().contains(shard.id())) {
                reasons.add("shard/" + shard.id() + " is to have a replica here, and has none yet");
            }
        }
        return reasons;
    }

    /** The replica has a leader, and has been where that was. */
    public boolean isReady(int shard) {
        return membership.leaders().broker(shard) != LeaderTable.UNKNOWN && catchUp.isDone(shard);
    }

    /** Before a stop: others lead what is led here. */
    public void handOver(Duration patience) {
        balance.handOver(patience.toNanos());
    }

    @Override
    public void close() {
        Registration started = registration;
        if (started != null) {
            started.close();
        }
        follower.close();
    }
}
