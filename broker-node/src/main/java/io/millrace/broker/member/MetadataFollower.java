package io.millrace.broker.member;

import io.millrace.broker.cluster.LeaderTable;
import io.millrace.broker.metadata.ClusterImage;
import io.millrace.broker.metadata.MetadataView;
import io.millrace.broker.metadata.ShardEntry;
import io.millrace.broker.peer.MetadataStream;
import io.millrace.broker.peer.PeerClient;
import io.millrace.error.FaultException;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the metadata from its leader by a stream, also where this broker has a replica: a follower in Raft learns what is committed only with the next entry or
 * heartbeat, the stream brings it at once. A thread of its own; {@link #isCurrent} is for any.
 */
final class MetadataFollower implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MetadataFollower.class);

    /** How long a stream that ended may go unnoticed. */
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private final LeaderTable leaders;
    private final PeerClient peers;
    private final MetadataView view;
    private final int self;
    private final BooleanSupplier leadsHere;
    private final Thread thread;
    private volatile @Nullable MetadataStream stream;

    /** Of the leader that the stream goes to. */
    private volatile LeaderTable.@Nullable Leader followed;

    MetadataFollower(LeaderTable leaders, PeerClient peers, MetadataView view, int self, BooleanSupplier leadsHere) {
        this.leaders = leaders;
        this.peers = peers;
        this.view = view;
        this.self = self;
        this.leadsHere = leadsHere;
        this.thread = new Thread(this::run, "metadata-follower");
        this.thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** The view is what the leader has, or was a moment ago. */
    boolean isCurrent() {
        MetadataStream open = stream;
        return leadsHere.getAsBoolean()
                || (open != null
                        && open.isCurrent()
                        && Objects.equals(followed, leaders.leader(ShardEntry.METADATA_SHARD)));
    }

    private void run() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                long seen = leaders.version();
                follow(leaders.leader(ShardEntry.METADATA_SHARD));
                leaders.awaitChange(seen, LOOK_NANOS);
            }
        } catch (InterruptedException e) {
            // Closed.
        } finally {
            leave();
        }
    }

    private void follow(LeaderTable.@Nullable Leader leader) {
        if (leader == null || leader.broker() == LeaderTable.UNKNOWN || leader.broker() == self) {
            leave();
            return;
        }
        MetadataStream open = stream;
        if (open != null && (open.isEnded() || !leader.equals(followed))) {
            leave();
            open = null;
        }
        if (open == null) {
            try {
                followed = leader;
                stream = peers.watch(leader.broker(), new MetadataStream.Listener() {
                    @Override
                    public void image(ClusterImage image) {
                        view.offer(image);
                    }

                    @Override
                    public void ended() {
                        // Seen at the next look.
                    }
                });
            } catch (FaultException e) {
                LOG.debug("The metadata cannot be followed from broker {} yet: {}", leader.broker(), e.getMessage());
            }
        }
    }

    private void leave() {
        MetadataStream open = stream;
        stream = null;
        if (open != null) {
            open.close();
        }
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
