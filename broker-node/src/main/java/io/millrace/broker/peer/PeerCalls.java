package io.millrace.broker.peer;

import io.millrace.broker.cluster.Member;
import io.millrace.broker.metadata.Bounds;
import io.millrace.broker.metadata.ClusterImage;
import io.millrace.broker.metadata.MetadataChange;
import io.millrace.broker.ops.ReplicaState;
import io.millrace.broker.verify.CheckRequest;
import io.millrace.broker.verify.CheckSink;
import io.millrace.error.Fault;
import io.millrace.internal.v1.MetadataEntry;
import io.millrace.replication.state.CommandResult;
import io.millrace.replication.state.ShardCommand;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What this broker does for others of its cluster. Thread safe; calls block for up to their deadline, and throw {@link io.millrace.error.FaultException}. NOT_LEADER where
 * another broker leads.
 */
public interface PeerCalls {
    /** Why the caller is not one of us; null: it is. */
    @Nullable
    Fault stranger(Member caller);

    /** As {@link #stranger(Member)}, of a caller who says no more than its id. */
    @Nullable
    Fault stranger(int broker, int incarnation);

    MetadataChange change(MetadataEntry entry, long deadlineNanos);

    /** The newest metadata, by its leader alone. */
    ClusterImage leadersImage();

    CommandResult execute(int shard, ShardCommand command, long deadlineNanos);

    List<Bounds> bounds(int shard, UUID topic);

    @Nullable
    UUID findGroup(int shard, String name);

    List<ReplicaState> status();

    /** The bytes of an extent of this broker's replica, named as all replicas have it. */
    ByteBuffer extent(int shard, int partition, long baseOffset, long lastOffset, int length);

    /** Checks this broker's replica of a shard; blocks for as long as that takes. */
    void check(CheckRequest request, CheckSink sink);
}
