package io.millrace.replication.state;

import io.millrace.error.ErrorCode;
import io.millrace.replication.state.CommandResult.GroupCreated;
import io.millrace.replication.state.CommandResult.GroupDropped;
import io.millrace.replication.state.CommandResult.Refused;
import io.millrace.replication.state.ShardCommand.CreateGroup;
import io.millrace.replication.state.ShardCommand.DropGroup;
import io.millrace.storage.Rows;

/** Commands about groups. */
final class GroupCommands {
    private GroupCommands() {}

    static CommandResult create(CreateGroup command, Rows rows) {
        int nameBytes = RowBytes.utf8(command.name()).length;
        if (nameBytes == 0 || nameBytes > GroupRow.MAX_NAME_BYTES) {
            return new Refused(
                    ErrorCode.INVALID_GROUP_NAME,
                    "a group's name has 1 to " + GroupRow.MAX_NAME_BYTES + " bytes, not " + nameBytes,
                    null);
        }
        Group named = GroupRow.find(rows, command.name());
        if (named != null) {
            return new GroupCreated(named, false);
        }
        if (GroupRow.get(rows, command.group()) != null) {
            return new Refused(ErrorCode.INVALID_REQUEST, "the group id belongs to a group of another name", null);
        }
        Group group = new Group(command.group(), command.name(), Group.Kind.MILLRACE, 0);
        GroupRow.put(rows, group);
        return new GroupCreated(group, true);
    }

    /** Positions go even where the group's own row stands in another shard. */
    static CommandResult drop(DropGroup command, Rows rows) {
        Group group = GroupRow.get(rows, command.group());
        if (group != null) {
            GroupRow.delete(rows, group);
        }
        return new GroupDropped(group != null, PositionRow.deleteAllOf(rows, command.group()));
    }
}
