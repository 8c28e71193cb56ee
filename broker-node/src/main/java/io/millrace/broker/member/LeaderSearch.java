package io.millrace.broker.member;

import io.millrace.broker.cluster.Address;
import io.millrace.broker.cluster.Forming;
import io.millrace.broker.cluster.LeaderTable;
import io.millrace.broker.metadata.ClusterImage;
import io.millrace.broker.metadata.ShardEntry;
import io.millrace.broker.ops.ReplicaState;
import io.millrace.broker.peer.PeerClient;
import io.millrace.error.FaultException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Asks around for leaders that nobody announced: leaders have streams only to brokers that they know, and a broker that joins is not known yet. {@link #look} is run
 * by one thread.
 */
final class LeaderSearch {
    private static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final int self;
    private final List<Address> seeds;
    private final PeerBook book;
    private final PeerClient peers;
    private final LeaderTable leaders;
    private final Supplier<ClusterImage> image;
    private final LongSupplier nanos;

    LeaderSearch(
            int self,
            List<Address> seeds,
            PeerBook book,
            PeerClient peers,
            LeaderTable leaders,
            Supplier<ClusterImage> image,
            LongSupplier nanos) {
        this.self = self;
        this.seeds = seeds;
        this.book = book;
        this.peers = peers;
        this.leaders = leaders;
        this.image = image;
        this.nanos = nanos;
    }

    /** Does nothing where all are known. Else blocks for a second at most for each broker that does not answer. */
    void look() {
        Set<Integer> shards = new TreeSet<>(image.get().shards().keySet());
        shards.add(ShardEntry.METADATA_SHARD);
        if (shards.stream().noneMatch(shard -> leaders.broker(shard) == LeaderTable.UNKNOWN)) {
            return;
        }
        boolean isAnswered = false;
        for (int broker : book.all().keySet()) {
            isAnswered |= broker != self && ask(broker);
        }
        if (!isAnswered) {
            askSeeds();
        }
    }

    private boolean ask(int broker) {
        try {
            for (ReplicaState state : peers.status(broker, nanos.getAsLong() + ANSWER_NANOS)) {
                if (state.leading()) {
                    leaders.announced(state.shard(), state.term(), broker);
                }
            }
            return true;
        } catch (FaultException e) {
            return false;
        }
    }

    /** Where the brokers have moved since they were written down, the seeds know. */
    private void askSeeds() {
        for (Address seed : seeds) {
            if (peers.hello(seed, ANSWER_NANOS) instanceof Forming.Answer.Told told
                    && told.member().peer().broker() != self) {
                book.learn(told.member().peer());
            }
        }
    }
}
