package io.millrace.broker.member;

import io.millrace.broker.cluster.Formation;
import io.millrace.broker.cluster.Member;
import io.millrace.broker.metadata.Bounds;
import io.millrace.broker.metadata.ClusterImage;
import io.millrace.broker.metadata.MetadataChange;
import io.millrace.broker.metadata.MetadataReplica;
import io.millrace.broker.metadata.ShardCommands;
import io.millrace.broker.ops.ReplicaState;
import io.millrace.broker.peer.PeerCalls;
import io.millrace.broker.peer.PeerServer;
import io.millrace.broker.verify.CheckRequest;
import io.millrace.broker.verify.CheckSink;
import io.millrace.broker.verify.ReplicaCheck;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.internal.v1.MetadataEntry;
import io.millrace.replication.Shard;
import io.millrace.replication.state.CommandResult;
import io.millrace.replication.state.ShardCommand;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What this member does for the others. It never asks a third broker: where it does not lead, it says so. Thread safe. */
final class MemberCalls implements PeerCalls {
    /** How long a change waits for brokers that follow the metadata to show it. */
    private static final long SHOWN_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

    private final Member self;
    private final Formation formation;
    private final PeerBook book;
    private final OwnReplicas own;
    private final ShardCommands commands;
    private final ReplicaCheck replicaCheck;
    private final PeerServer server;

    MemberCalls(
            Member self,
            Formation formation,
            PeerBook book,
            OwnReplicas own,
            ShardCommands commands,
            ReplicaCheck replicaCheck,
            PeerServer server) {
        this.self = self;
        this.formation = formation;
        this.book = book;
        this.own = own;
        this.commands = commands;
        this.replicaCheck = replicaCheck;
        this.server = server;
    }

    @Override
    public @Nullable Fault stranger(Member caller) {
        UUID theirs = caller.formed() != null ? caller.formed().clusterId() : caller.wantedCluster();
        if (theirs != null && !theirs.equals(formation.clusterId())) {
            return Fault.of(
                    ErrorCode.WRONG_CLUSTER,
                    "broker/" + self.peer().broker(),
                    "The seed is a member of cluster " + formation.clusterId() + "; this broker belongs to " + theirs
                            + ". Correct cluster.seeds, or start on another directory.");
        }
        if (caller.peer().broker() == self.peer().broker() && !caller.peer().isSame(self.peer())) {
            return Fault.of(
                    ErrorCode.BROKER_ID_IN_USE,
                    "broker/" + self.peer().broker(),
                    "Broker " + self.peer().broker() + " runs at " + self.peer().address()
                            + " with another data directory. Give each broker a cluster.broker-id of its own.");
        }
        return book.stranger(caller.peer().broker(), caller.peer().incarnation());
    }

    @Override
    public @Nullable Fault stranger(int broker, int incarnation) {
        return book.stranger(broker, incarnation);
    }

    @Override
    public MetadataChange change(MetadataEntry entry, long deadlineNanos) {
        return change(entry.toBuilder());
    }

    /** Makes a change where this broker leads the metadata; whoever made it then finds it at every broker that is well. */
    MetadataChange change(MetadataEntry.Builder entry) {
        MetadataChange change = metadata().change(entry);
        server.awaitShown(change.version(), SHOWN_NANOS);
        return change;
    }

    private MetadataReplica metadata() {
        MetadataReplica replica = own.metadata();
        if (replica == null) {
            throw Fault.of(ErrorCode.NOT_LEADER, "shard/0", "This broker has no replica of the metadata.")
                    .asException();
        }
        return replica;
    }

    @Override
    public ClusterImage leadersImage() {
        MetadataReplica replica = metadata();
        if (!replica.leadership().leading()) {
            throw Fault.of(ErrorCode.NOT_LEADER, "shard/0", "This broker does not lead the metadata.")
                    .asException();
        }
        return replica.image();
    }

    @Override
    public CommandResult execute(int shard, ShardCommand command, long deadlineNanos) {
        return commands.here(shard, command, "shard/" + shard, deadlineNanos);
    }

    @Override
    public List<Bounds> bounds(int shard, UUID topic) {
        return commands.boundsHere(shard, topic);
    }

    @Override
    public @Nullable UUID findGroup(int shard, String name) {
        return commands.groupHere(shard, name);
    }

    @Override
    public ByteBuffer extent(int shard, int partition, long baseOffset, long lastOffset, int length) {
        Shard open = own.shards().shard(shard);
        if (open == null) {
            throw Fault.of(ErrorCode.SHARD_UNAVAILABLE, "shard/" + shard, "The shard is not open on this broker.")
                    .asException();
        }
        return open.stored().bytes(partition, baseOffset, lastOffset, length);
    }

    @Override
    public void check(CheckRequest request, CheckSink sink) {
        replicaCheck.run(request, sink);
    }

    @Override
    public List<ReplicaState> status() {
        return own.states();
    }
}
