package io.millrace.replication.state;

import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.replication.state.CommandResult.PositionClaimed;
import io.millrace.replication.state.CommandResult.PositionCommitted;
import io.millrace.replication.state.CommandResult.PositionInitialised;
import io.millrace.replication.state.CommandResult.PositionSet;
import io.millrace.replication.state.CommandResult.Refused;
import io.millrace.replication.state.ShardCommand.ClaimPosition;
import io.millrace.replication.state.ShardCommand.CommitPosition;
import io.millrace.replication.state.ShardCommand.InitPosition;
import io.millrace.replication.state.ShardCommand.SetPosition;
import io.millrace.storage.Rows;
import java.util.UUID;

/**
 * Commands about the positions of groups. A position changes only by a commit under its owner's epoch, where it does not fall; by a claim
 * under a higher epoch, or the same by the same member; and by a reset under a higher epoch. Without a row there is no claim.
 */
final class PositionCommands {
    private PositionCommands() {}

    static CommandResult init(InitPosition command, long time, Rows rows) {
        Partition partition = PartitionRow.get(rows, command.partition());
        if (partition == null) {
            return unknownPartition(command.partition());
        }
        Position known = PositionRow.get(rows, command.partition(), command.group());
        if (known != null) {
            return new PositionInitialised(known, false);
        }
        if (isOutside(partition, command.position())) {
            return outside(partition, command.position());
        }
        Position made = new Position(command.position(), 0, null, -1, "", time, Position.Origin.INITIAL);
        PositionRow.create(rows, command.partition(), command.group(), made);
        return new PositionInitialised(made, true);
    }

    static CommandResult claim(ClaimPosition command, Rows rows) {
        Partition partition = PartitionRow.get(rows, command.partition());
        if (partition == null) {
            return unknownPartition(command.partition());
        }
        Position known = PositionRow.get(rows, command.partition(), command.group());
        if (known == null) {
            return notReady();
        }
        long epoch = command.ownerEpoch() == 0 ? known.ownerEpoch() + 1 : command.ownerEpoch();
        boolean again = epoch == known.ownerEpoch() && command.member().equals(known.owner());
        if (epoch <= known.ownerEpoch() && !again) {
            return fenced(known);
        }
        if (!again) {
            PositionRow.put(rows, command.partition(), command.group(), owned(known, epoch, command.member()));
        }
        long lostTo = Math.max(known.offset(), partition.logStart());
        return new PositionClaimed(
                epoch, known.offset(), partition.logStart(), partition.logEnd(), known.offset(), lostTo);
    }

    static CommandResult commit(CommitPosition command, long time, Rows rows) {
        Partition partition = PartitionRow.get(rows, command.partition());
        if (partition == null) {
            return unknownPartition(command.partition());
        }
        Position known = PositionRow.get(rows, command.partition(), command.group());
        if (known == null) {
            return notReady();
        }
        if (command.ownerEpoch() != known.ownerEpoch()) {
            return fenced(known);
        }
        int metadataBytes = RowBytes.utf8(command.metadata()).length;
        if (metadataBytes > Position.MAX_METADATA_BYTES) {
            return new Refused(
                    ErrorCode.METADATA_TOO_LARGE,
                    "the metadata has " + metadataBytes + " bytes",
                    new Fault.LimitHit("position.metadata.bytes", Position.MAX_METADATA_BYTES, metadataBytes));
        }
        if (command.position() < known.offset() || command.position() > partition.logEnd()) {
            return new Refused(
                    ErrorCode.INVALID_POSITION,
                    "position " + command.position() + " is not within what is committed, " + known.offset()
                            + ", and the log end",
                    range(partition));
        }
        Position committed = new Position(
                command.position(),
                known.ownerEpoch(),
                known.owner(),
                command.leaderEpoch(),
                command.metadata(),
                time,
                Position.Origin.COMMITTED);
        PositionRow.put(rows, command.partition(), command.group(), committed);
        return new PositionCommitted(command.position(), time);
    }

    static CommandResult set(SetPosition command, long time, Rows rows) {
        Partition partition = PartitionRow.get(rows, command.partition());
        if (partition == null) {
            return unknownPartition(command.partition());
        }
        Position known = PositionRow.get(rows, command.partition(), command.group());
        if (known == null) {
            return notReady();
        }
        long epoch = command.ownerEpoch() == 0 ? known.ownerEpoch() + 1 : command.ownerEpoch();
        if (epoch <= known.ownerEpoch()) {
            return fenced(known);
        }
        if (isOutside(partition, command.position())) {
            return outside(partition, command.position());
        }
        Position reset = new Position(command.position(), epoch, null, -1, "", time, Position.Origin.RESET);
        PositionRow.put(rows, command.partition(), command.group(), reset);
        return new PositionSet(epoch, command.position());
    }

    private static Position owned(Position known, long epoch, UUID member) {
        return new Position(
                known.offset(),
                epoch,
                member,
                known.leaderEpoch(),
                known.metadata(),
                known.changedAtMicros(),
                known.origin());
    }

    private static boolean isOutside(Partition partition, long position) {
        return position < partition.logStart() || position > partition.logEnd();
    }

    private static Refused outside(Partition partition, long position) {
        return new Refused(
                ErrorCode.INVALID_POSITION, "position " + position + " lies outside the partition", range(partition));
    }

    private static Fault.OffsetRange range(Partition partition) {
        return new Fault.OffsetRange(
                partition.logStart(), partition.logEnd(), partition.logStart(), partition.logStart());
    }

    private static Refused fenced(Position known) {
        return new Refused(
                ErrorCode.FENCED,
                "the position belongs to owner epoch " + known.ownerEpoch(),
                new Fault.Owner(known.ownerEpoch(), CommandResult.show(known.owner())));
    }

    private static Refused notReady() {
        return new Refused(ErrorCode.POSITION_NOT_READY, "the group has no position on this partition", null);
    }

    private static Refused unknownPartition(int handle) {
        return new Refused(
                ErrorCode.UNKNOWN_PARTITION,
                "the shard has no partition with handle " + Integer.toUnsignedString(handle),
                null);
    }
}
