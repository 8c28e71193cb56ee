package io.millrace.replication.state;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.millrace.replication.state.ShardCommand.ClaimPosition;
import io.millrace.replication.state.ShardCommand.CommitPosition;
import io.millrace.replication.state.ShardCommand.CreateGroup;
import io.millrace.replication.state.ShardCommand.CreatePartitions;
import io.millrace.replication.state.ShardCommand.DropGroup;
import io.millrace.replication.state.ShardCommand.DropPartitions;
import io.millrace.replication.state.ShardCommand.ExpireProducers;
import io.millrace.replication.state.ShardCommand.InitPosition;
import io.millrace.replication.state.ShardCommand.NewPartition;
import io.millrace.replication.state.ShardCommand.SetPosition;
import io.millrace.replication.state.ShardCommand.TakeSums;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Commands as {@code millrace.internal.v1.ShardCommand}, in entries and between brokers. Strict: what is not understood is an
 * {@link UnknownEntryException}. Pure.
 */
public final class CommandCodec {
    private CommandCodec() {}

    public static io.millrace.internal.v1.ShardCommand encode(ShardCommand command) {
        io.millrace.internal.v1.ShardCommand.Builder out = io.millrace.internal.v1.ShardCommand.newBuilder();
        if (command instanceof CreatePartitions c) {
            io.millrace.internal.v1.CreatePartitions.Builder list =
                    io.millrace.internal.v1.CreatePartitions.newBuilder();
            for (NewPartition made : c.partitions()) {
                list.addPartitionsBuilder()
                        .setTopicId(bytes(made.id().topic()))
                        .setNumber(made.id().number())
                        .setEpochBase(made.epochBase())
                        .setFirstOffset(made.firstOffset());
            }
            out.setCreatePartitions(list);
        } else if (command instanceof DropPartitions c) {
            out.getDropPartitionsBuilder().setTopicId(bytes(c.topic()));
        } else if (command instanceof CreateGroup c) {
            out.getCreateGroupBuilder().setName(c.name()).setGroupId(bytes(c.group()));
        } else if (command instanceof DropGroup c) {
            out.getDropGroupBuilder().setGroupId(bytes(c.group()));
        } else if (command instanceof InitPosition c) {
            out.getInitPositionBuilder()
                    .setPartition(c.partition())
                    .setGroupId(bytes(c.group()))
                    .setPosition(c.position());
        } else if (command instanceof ClaimPosition c) {
            out.getClaimPositionBuilder()
                    .setPartition(c.partition())
                    .setGroupId(bytes(c.group()))
                    .setMemberId(bytes(c.member()))
                    .setOwnerEpoch(c.ownerEpoch());
        } else if (command instanceof CommitPosition c) {
            out.getCommitPositionBuilder()
                    .setPartition(c.partition())
                    .setGroupId(bytes(c.group()))
                    .setOwnerEpoch(c.ownerEpoch())
                    .setPosition(c.position())
                    .setLeaderEpoch(c.leaderEpoch())
                    .setMetadata(c.metadata());
        } else if (command instanceof SetPosition c) {
            out.getSetPositionBuilder()
                    .setPartition(c.partition())
                    .setGroupId(bytes(c.group()))
                    .setOwnerEpoch(c.ownerEpoch())
                    .setPosition(c.position());
        } else if (command instanceof ExpireProducers c) {
            out.getExpireProducersBuilder().setBeforeMicros(c.beforeMicros());
        } else if (command instanceof TakeSums c) {
            out.getTakeSumsBuilder().setId(bytes(c.id()));
        } else {
            throw new AssertionError("a command without a code: " + command);
        }
        return out.build();
    }

    public static ShardCommand decode(io.millrace.internal.v1.ShardCommand in) {
        HeaderCodec.refuseUnknownFields(in);
        return switch (in.getCommandCase()) {
            case CREATE_PARTITIONS -> createPartitions(in.getCreatePartitions());
            case DROP_PARTITIONS ->
                new DropPartitions(uuid(known(in.getDropPartitions()).getTopicId()));
            case CREATE_GROUP -> {
                io.millrace.internal.v1.CreateGroup c = known(in.getCreateGroup());
                yield new CreateGroup(c.getName(), uuid(c.getGroupId()));
            }
            case DROP_GROUP -> new DropGroup(uuid(known(in.getDropGroup()).getGroupId()));
            case INIT_POSITION -> {
                io.millrace.internal.v1.InitPosition c = known(in.getInitPosition());
                yield new InitPosition(c.getPartition(), uuid(c.getGroupId()), c.getPosition());
            }
            case CLAIM_POSITION -> {
                io.millrace.internal.v1.ClaimPosition c = known(in.getClaimPosition());
                yield new ClaimPosition(
                        c.getPartition(), uuid(c.getGroupId()), uuid(c.getMemberId()), c.getOwnerEpoch());
            }
            case COMMIT_POSITION -> {
                io.millrace.internal.v1.CommitPosition c = known(in.getCommitPosition());
                yield new CommitPosition(
                        c.getPartition(),
                        uuid(c.getGroupId()),
                        c.getOwnerEpoch(),
                        c.getPosition(),
                        c.getLeaderEpoch(),
                        c.getMetadata());
            }
            case SET_POSITION -> {
                io.millrace.internal.v1.SetPosition c = known(in.getSetPosition());
                yield new SetPosition(c.getPartition(), uuid(c.getGroupId()), c.getOwnerEpoch(), c.getPosition());
            }
            case EXPIRE_PRODUCERS ->
                new ExpireProducers(known(in.getExpireProducers()).getBeforeMicros());
            case TAKE_SUMS -> new TakeSums(uuid(known(in.getTakeSums()).getId()));
            case COMMAND_NOT_SET ->
                throw new UnknownEntryException("an entry with a command that this version does not know");
        };
    }

    private static <M extends Message> M known(M message) {
        HeaderCodec.refuseUnknownFields(message);
        return message;
    }

    private static CreatePartitions createPartitions(io.millrace.internal.v1.CreatePartitions in) {
        HeaderCodec.refuseUnknownFields(in);
        List<NewPartition> partitions = new ArrayList<>(in.getPartitionsCount());
        for (io.millrace.internal.v1.NewPartition made : in.getPartitionsList()) {
            HeaderCodec.refuseUnknownFields(made);
            if (made.getNumber() < 0) {
                throw new UnknownEntryException("partition number " + made.getNumber());
            }
            PartitionId id = new PartitionId(uuid(made.getTopicId()), made.getNumber());
            partitions.add(new NewPartition(id, made.getEpochBase(), made.getFirstOffset()));
        }
        return new CreatePartitions(partitions);
    }

    private static ByteString bytes(UUID id) {
        return ByteString.copyFrom(RowBytes.put(ByteBuffer.allocate(16), id).flip());
    }

    private static UUID uuid(ByteString bytes) {
        if (bytes.size() != 16) {
            throw new UnknownEntryException("an id of " + bytes.size() + " bytes");
        }
        return RowBytes.uuid(bytes.asReadOnlyByteBuffer());
    }
}
