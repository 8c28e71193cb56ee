package io.millrace.replication.state;

import java.util.List;
import java.util.UUID;

/**
 * A change of a shard's state that rides in an entry beside appends. Every command is a total function: it answers a
 * {@link CommandResult}, never an exception, and may be sent twice.
 */
public sealed interface ShardCommand {

    /** Makes partitions; one that exists (by topic id and number) keeps its handle and state. Answers {@link CommandResult.PartitionsCreated}. */
    record CreatePartitions(List<NewPartition> partitions) implements ShardCommand {
        public CreatePartitions {
            partitions = List.copyOf(partitions);
        }
    }

    /**
     * A partition to be made.
     *
     * @param epochBase leader epoch = base + Raft term; at least 0
     * @param firstOffset first offset of this element of the partition's chain
     */
    record NewPartition(PartitionId id, int epochBase, long firstOffset) {}

    /** Drops all rows of all partitions of a topic; their bytes are dead. Answers {@link CommandResult.PartitionsDropped}. */
    record DropPartitions(UUID topic) implements ShardCommand {}

    /** Makes a group, unless one of that name exists: then the answer tells its id. Answers {@link CommandResult.GroupCreated}. */
    record CreateGroup(String name, UUID group) implements ShardCommand {}

    /** Drops a group's row and all its positions in this shard. Answers {@link CommandResult.GroupDropped}. */
    record DropGroup(UUID group) implements ShardCommand {}

    /** Gives a group its first position on a partition; one that exists stays. Answers {@link CommandResult.PositionInitialised}. */
    record InitPosition(int partition, UUID group, long position) implements ShardCommand {}

    /**
     * Takes a position over for a member. Answers {@link CommandResult.PositionClaimed}.
     *
     * @param ownerEpoch 0: one above the current one
     */
    record ClaimPosition(int partition, UUID group, UUID member, long ownerEpoch) implements ShardCommand {}

    /**
     * Moves a position forward on behalf of its owner. Answers {@link CommandResult.PositionCommitted}.
     *
     * @param leaderEpoch of the last record before the position; -1: not known
     * @param metadata at most {@link Position#MAX_METADATA_BYTES} in UTF-8
     */
    record CommitPosition(int partition, UUID group, long ownerEpoch, long position, int leaderEpoch, String metadata)
            implements ShardCommand {}

    /**
     * Resets a position, forward or back, and takes it from its owner. Answers {@link CommandResult.PositionSet}.
     *
     * @param ownerEpoch higher than the current one; 0: one above it
     */
    record SetPosition(int partition, UUID group, long ownerEpoch, long position) implements ShardCommand {}

    /** Forgets producers whose last batch is older, by shard time, than this. Answers {@link CommandResult.ProducersExpired}. */
    record ExpireProducers(long beforeMicros) implements ShardCommand {}

    /**
     * Every replica takes note of what its partitions hold at this very entry, so that they can be compared however fast the shard is written. Changes no row. Answers
     * {@link CommandResult.SumsTaken}.
     *
     * @param id chosen by whoever will ask the replicas for their notes
     */
    record TakeSums(UUID id) implements ShardCommand {}
}
