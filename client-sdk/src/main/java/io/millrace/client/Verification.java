package io.millrace.client;

import java.util.List;

/** What a comparison of replicas tells, see {@link Admin#verifyReplicas}. */
public final class Verification {
    private Verification() {}

    /**
     * What to compare.
     *
     * @param topic empty: all topics
     * @param deep read all that is stored, on every replica, not only compare what was appended
     * @param bytesPerSecond of each replica, where it is deep; 0: as fast as can be
     */
    public record Request(String topic, boolean deep, long bytesPerSecond) {}

    /** Hears how it goes, on the thread that called. */
    public interface Listener {
        default void progress(Progress progress) {}

        /** Told as it is found. */
        default void damaged(Damage damage) {}

        /** It was damaged, and its broker has fetched it again from another since its start. */
        default void repaired(Damage damage) {}

        /** Of each shard, once. */
        void verdict(Shard shard);
    }

    /**
     * @param bytesRead of all replicas of all shards so far
     * @param done of the whole, 0 to 1
     */
    public record Progress(int shardsDone, int shards, long bytesRead, double done) {}

    /**
     * Stored bytes of one replica that are not what was written.
     *
     * @param firstOffset with {@code lastOffset} the extent: what its broker fetches again from another
     * @param from with {@code to} the first offsets in it that cannot be read: {@code [from, to)}
     * @param file segment file of that broker
     * @param position in it
     */
    public record Damage(
            int shard,
            int broker,
            String topic,
            int partition,
            long firstOffset,
            long lastOffset,
            long from,
            long to,
            String file,
            long position,
            String reason) {}

    /** How the replicas of a shard compare. */
    public enum Agreement {
        /** All replicas hold equal records. */
        EQUAL,
        /** Some do not. */
        DIFFERENT,
        /** They hold equal records but for bytes that cannot be read. */
        DAMAGED,
        /** A replica could not be asked: nothing was found, and nothing is proved. */
        INCOMPLETE
    }

    /**
     * The verdict on a shard.
     *
     * @param raftIndex of the entry in the shard's log at which its replicas were compared; -1: they were not
     */
    public record Shard(
            int id,
            Agreement agreement,
            long raftIndex,
            int partitions,
            long records,
            List<Replica> replicas,
            List<Difference> differences) {
        public Shard {
            replicas = List.copyOf(replicas);
            differences = List.copyOf(differences);
        }
    }

    /**
     * A replica that was to be compared.
     *
     * @param problem why it was not; empty: it was
     * @param repairedExtents since the broker's start: those that it has fetched again from another
     */
    public record Replica(int broker, String problem, long bytesRead, int damagedExtents, long repairedExtents) {}

    /** A partition that is not the same on all replicas. */
    public record Difference(String topic, int partition, String reason, List<Held> replicas) {
        public Difference {
            replicas = List.copyOf(replicas);
        }
    }

    /**
     * What a replica has of a partition.
     *
     * @param checksum of all that was appended, 16 hexadecimal digits
     * @param storedChecksum of what is stored; empty where not all of it was read
     */
    public record Held(int broker, long logStart, long logEnd, long records, String checksum, String storedChecksum) {}
}
