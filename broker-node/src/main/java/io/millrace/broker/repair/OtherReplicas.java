package io.millrace.broker.repair;

import io.millrace.replication.DamagedExtent;
import java.nio.ByteBuffer;
import java.util.List;

/** The replicas of a shard that other brokers have. Thread safe. */
public interface OtherReplicas {
    /** A broker that stands alone: there are none. */
    OtherReplicas NONE = new OtherReplicas() {
        @Override
        public List<Integer> brokers(int shard) {
            return List.of();
        }

        @Override
        public ByteBuffer bytes(int broker, int shard, DamagedExtent extent, long deadlineNanos) {
            throw new IllegalStateException("there is no broker " + broker);
        }
    };

    /** Who to ask, the best first. */
    List<Integer> brokers(int shard);

    /** The bytes of an extent as another broker has them; blocks. Throws {@link io.millrace.error.FaultException}. */
    ByteBuffer bytes(int broker, int shard, DamagedExtent extent, long deadlineNanos);
}
