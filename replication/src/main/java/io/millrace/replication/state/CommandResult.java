package io.millrace.replication.state;

import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What a {@link ShardCommand} did, or why it did nothing. */
public sealed interface CommandResult {

    /** Handles in the order asked for, of new and of old partitions. {@code created}: how many are new. */
    record PartitionsCreated(List<Integer> handles, int created) implements CommandResult {
        public PartitionsCreated {
            handles = List.copyOf(handles);
        }
    }

    /** How many partitions went, and how many live bytes with them. */
    record PartitionsDropped(int partitions, long bytes) implements CommandResult {}

    /** The group of that name; {@code created}: it is new. */
    record GroupCreated(Group group, boolean created) implements CommandResult {}

    record GroupDropped(boolean existed, int positions) implements CommandResult {}

    /** The position as it stands; {@code created}: it is new. */
    record PositionInitialised(Position position, boolean created) implements CommandResult {}

    /**
     * The position now belongs to the member.
     *
     * @param lostFrom with {@code lostTo} the range that retention took before the group read it; equal: nothing
     */
    record PositionClaimed(long ownerEpoch, long position, long logStart, long logEnd, long lostFrom, long lostTo)
            implements CommandResult {}

    record PositionCommitted(long position, long committedAtMicros) implements CommandResult {}

    record PositionSet(long ownerEpoch, long position) implements CommandResult {}

    /** {@code more}: the bound of one command was reached; send it again. */
    record ProducersExpired(int producers, boolean more) implements CommandResult {}

    record SumsTaken() implements CommandResult {}

    /**
     * Nothing changed: UNKNOWN_PARTITION, UNKNOWN_GROUP, POSITION_NOT_READY, FENCED (detail: owner), INVALID_POSITION (detail: range),
     * METADATA_TOO_LARGE or INVALID_REQUEST.
     */
    record Refused(ErrorCode code, String reason, Fault.@Nullable Detail detail) implements CommandResult {
        /** As a fault about a resource. */
        public Fault fault(String resource) {
            return new Fault(code, reason, resource, io.millrace.error.Effect.NOT_WRITTEN, detail);
        }
    }

    /** The id of a member as faults show it. */
    static String show(@Nullable UUID member) {
        return member == null ? "" : member.toString().replace("-", "");
    }
}
