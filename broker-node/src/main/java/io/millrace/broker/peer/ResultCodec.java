package io.millrace.broker.peer;

import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.internal.v1.ExecuteResponse;
import io.millrace.internal.v1.GroupCreated;
import io.millrace.internal.v1.GroupDropped;
import io.millrace.internal.v1.PartitionsCreated;
import io.millrace.internal.v1.PartitionsDropped;
import io.millrace.internal.v1.SumsTaken;
import io.millrace.replication.state.CommandResult;
import io.millrace.replication.state.Group;
import io.millrace.replication.state.ShardCommand;

/** Results of the commands that travel between brokers: partitions, groups and sums. The others go to the leader by the client itself. Pure. */
final class ResultCodec {
    private ResultCodec() {}

    static boolean travels(ShardCommand command) {
        return command instanceof ShardCommand.CreatePartitions
                || command instanceof ShardCommand.DropPartitions
                || command instanceof ShardCommand.CreateGroup
                || command instanceof ShardCommand.DropGroup
                || command instanceof ShardCommand.TakeSums;
    }

    /** @throws io.millrace.error.FaultException the refusal, where it is one */
    static ExecuteResponse encode(CommandResult result, String resource) {
        ExecuteResponse.Builder wire = ExecuteResponse.newBuilder();
        if (result instanceof CommandResult.PartitionsCreated created) {
            wire.setPartitionsCreated(PartitionsCreated.newBuilder()
                    .addAllHandles(created.handles())
                    .setCreated(created.created()));
        } else if (result instanceof CommandResult.PartitionsDropped dropped) {
            wire.setPartitionsDropped(PartitionsDropped.newBuilder()
                    .setPartitions(dropped.partitions())
                    .setBytes(dropped.bytes()));
        } else if (result instanceof CommandResult.GroupCreated created) {
            wire.setGroupCreated(GroupCreated.newBuilder()
                    .setGroupId(MemberCodec.bytes(created.group().id()))
                    .setName(created.group().name())
                    .setCreated(created.created()));
        } else if (result instanceof CommandResult.GroupDropped dropped) {
            wire.setGroupDropped(
                    GroupDropped.newBuilder().setExisted(dropped.existed()).setPositions(dropped.positions()));
        } else if (result instanceof CommandResult.SumsTaken) {
            wire.setSumsTaken(SumsTaken.getDefaultInstance());
        } else if (result instanceof CommandResult.Refused refused) {
            throw refused.fault(resource).asException();
        } else {
            throw new IllegalStateException("a result that does not travel: " + result);
        }
        return wire.build();
    }

    static CommandResult decode(ExecuteResponse wire) {
        return switch (wire.getResultCase()) {
            case PARTITIONS_CREATED ->
                new CommandResult.PartitionsCreated(
                        wire.getPartitionsCreated().getHandlesList(),
                        wire.getPartitionsCreated().getCreated());
            case PARTITIONS_DROPPED ->
                new CommandResult.PartitionsDropped(
                        wire.getPartitionsDropped().getPartitions(),
                        wire.getPartitionsDropped().getBytes());
            case GROUP_CREATED ->
                new CommandResult.GroupCreated(
                        new Group(
                                MemberCodec.id(wire.getGroupCreated().getGroupId()),
                                wire.getGroupCreated().getName(),
                                Group.Kind.MILLRACE,
                                0),
                        wire.getGroupCreated().getCreated());
            case GROUP_DROPPED ->
                new CommandResult.GroupDropped(
                        wire.getGroupDropped().getExisted(),
                        wire.getGroupDropped().getPositions());
            case SUMS_TAKEN -> new CommandResult.SumsTaken();
            case RESULT_NOT_SET ->
                throw Fault.unknown(
                                ErrorCode.UNKNOWN_OUTCOME,
                                "",
                                "The leader's answer is not understood: update this broker.")
                        .asException();
        };
    }
}
