package io.millrace.broker.member;

import io.millrace.broker.cluster.Formation;
import io.millrace.broker.cluster.Forming;
import io.millrace.broker.cluster.LeaderTable;
import io.millrace.broker.cluster.Peer;
import io.millrace.broker.metadata.BrokerEntry;
import io.millrace.broker.metadata.ClusterImage;
import io.millrace.broker.metadata.MetadataShard;
import io.millrace.broker.metadata.ShardEntry;
import io.millrace.broker.peer.PeerClient;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts this broker into the metadata, and, on the first leader of a new cluster, the cluster itself. Tries until it is done, on a thread of its own.
 */
final class Registration implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Registration.class);
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long HELLO_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final MetadataShard metadata;
    private final Formation formation;
    private final LeaderTable leaders;
    private final PeerClient peers;
    private final BooleanSupplier leadsHere;
    private final BrokerEntry entry;
    private final CompletableFuture<Optional<Fault>> outcome = new CompletableFuture<>();
    private final Thread thread;

    Registration(
            MetadataShard metadata,
            Formation formation,
            LeaderTable leaders,
            PeerClient peers,
            BooleanSupplier leadsHere,
            BrokerEntry entry) {
        this.metadata = metadata;
        this.formation = formation;
        this.leaders = leaders;
        this.peers = peers;
        this.leadsHere = leadsHere;
        this.entry = entry;
        this.thread = new Thread(this::run, "registration");
        this.thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    boolean isDone() {
        return outcome.isDone();
    }

    /** Completes when this broker is in the metadata, or with the fault for which it is not taken, for good. */
    CompletableFuture<Optional<Fault>> outcome() {
        return outcome;
    }

    private void run() {
        try {
            while (!isDone() && !Thread.currentThread().isInterrupted()) {
                long seen = leaders.version();
                try {
                    step();
                } catch (FaultException e) {
                    if (isFinal(e.fault().code())) {
                        outcome.complete(Optional.of(e.fault()));
                        return;
                    }
                    LOG.info("Broker {} is not registered yet: {}", entry.id(), e.getMessage());
                }
                if (!isDone()) {
                    leaders.awaitChange(seen, PAUSE_NANOS);
                }
            }
        } catch (InterruptedException e) {
            // Closed.
        }
    }

    private static boolean isFinal(ErrorCode code) {
        return code == ErrorCode.STALE_BROKER
                || code == ErrorCode.BROKER_ID_IN_USE
                || code == ErrorCode.WRONG_CLUSTER
                || code == ErrorCode.UNSUPPORTED_VERSION;
    }

    private void step() {
        if (leaders.broker(ShardEntry.METADATA_SHARD) == LeaderTable.UNKNOWN) {
            return;
        }
        ClusterImage image = metadata.image();
        if (image.clusterId() == null && leadsHere.getAsBoolean()) {
            metadata.form(formation.clusterId(), firstShards(formation));
            LOG.info(
                    "Formed cluster {} of {} brokers",
                    formation.clusterId(),
                    formation.voters().size());
        }
        BrokerEntry before = image.brokers().get(entry.id());
        Peer old = before == null || before.incarnation() == entry.incarnation() ? null : before.peer();
        if (old != null) {
            checkThatNobodyRuns(old);
        }
        metadata.register(entry);
        if (old != null) {
            LOG.warn("Broker {} is back with a new data directory: its replicas of before are given up", entry.id());
        }
        outcome.complete(Optional.empty());
    }

    /** The data directory that had our id before must be gone, not serving beside us. */
    private void checkThatNobodyRuns(Peer old) {
        if (peers.hello(old.address(), HELLO_NANOS) instanceof Forming.Answer.Told told
                && told.member().peer().isSame(old)) {
            throw Fault.of(
                            ErrorCode.BROKER_ID_IN_USE,
                            "broker/" + old.broker(),
                            "Broker " + old.broker() + " runs at " + old.address()
                                    + " with a data directory of its own. Give this one another cluster.broker-id.")
                    .asException();
        }
    }

    /** All seeds have a replica of every shard; preferred leaders go round. */
    static List<ShardEntry> firstShards(Formation formation) {
        List<Integer> brokers = formation.voters().stream().map(Peer::broker).toList();
        List<ShardEntry> shards = new ArrayList<>();
        for (int id = 0; id <= formation.dataShards(); id++) {
            List<Integer> replicas = new ArrayList<>(brokers);
            Collections.rotate(replicas, id == 0 ? 0 : -((id - 1) % brokers.size()));
            shards.add(new ShardEntry(
                    id, id == ShardEntry.METADATA_SHARD ? ShardEntry.Kind.METADATA : ShardEntry.Kind.DATA, replicas));
        }
        return shards;
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(2_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
