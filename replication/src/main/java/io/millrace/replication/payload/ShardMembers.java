package io.millrace.replication.payload;

import java.util.Set;

/** Who else has the shard, as this replica knows it now. Any thread; does not block. */
public interface ShardMembers {
    /** A shard that no other broker has. */
    ShardMembers ALONE = new ShardMembers() {
        @Override
        public int leader() {
            return -1;
        }

        @Override
        public Set<Integer> others() {
            return Set.of();
        }
    };

    /** The broker that leads; -1: none is known. */
    int leader();

    /** The brokers that have a replica, without this one. */
    Set<Integer> others();
}
