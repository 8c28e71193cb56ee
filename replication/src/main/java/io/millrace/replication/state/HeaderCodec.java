package io.millrace.replication.state;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.List;

/**
 * An entry's body as bytes: {@code millrace.internal.v1.EntryHeader}, format 1. What is not understood in full, be it a format, a field or a
 * command of a newer version, is refused with {@link UnknownEntryException}.
 */
public final class HeaderCodec {
    /** Of the only format there is. */
    public static final int FORMAT = 1;

    private HeaderCodec() {}

    public static byte[] encode(EntryHeader header) {
        io.millrace.internal.v1.EntryHeader.Builder out = io.millrace.internal.v1.EntryHeader.newBuilder()
                .setFormat(FORMAT)
                .setTimeMicros(header.timeMicros());
        for (AppendPart part : header.parts()) {
            out.addParts(encode(part));
        }
        for (ShardCommand command : header.commands()) {
            out.addCommands(CommandCodec.encode(command));
        }
        return out.build().toByteArray();
    }

    public static EntryHeader decode(byte[] body) {
        io.millrace.internal.v1.EntryHeader in;
        try {
            in = io.millrace.internal.v1.EntryHeader.parseFrom(body);
        } catch (InvalidProtocolBufferException e) {
            throw new UnknownEntryException("not an entry header: " + e.getMessage(), e);
        }
        if (in.getFormat() != FORMAT) {
            throw new UnknownEntryException("entry has format " + in.getFormat() + "; known is " + FORMAT);
        }
        refuseUnknownFields(in);
        List<AppendPart> parts = new ArrayList<>(in.getPartsCount());
        for (io.millrace.internal.v1.AppendPart part : in.getPartsList()) {
            parts.add(decode(part));
        }
        List<ShardCommand> commands = new ArrayList<>(in.getCommandsCount());
        for (io.millrace.internal.v1.ShardCommand command : in.getCommandsList()) {
            commands.add(CommandCodec.decode(command));
        }
        return new EntryHeader(in.getTimeMicros(), parts, commands);
    }

    static void refuseUnknownFields(Message message) {
        if (!message.getUnknownFields().asMap().isEmpty()) {
            throw new UnknownEntryException("unknown fields in "
                    + message.getDescriptorForType().getName() + ": "
                    + message.getUnknownFields().asMap().keySet());
        }
    }

    private static io.millrace.internal.v1.AppendPart encode(AppendPart part) {
        return io.millrace.internal.v1.AppendPart.newBuilder()
                .setPartition(part.partition())
                .setBaseOffset(part.baseOffset())
                .setLastOffsetDelta(part.lastOffsetDelta())
                .setRecordCount(part.recordCount())
                .setLength(part.length())
                .setFactsLength(part.factsLength())
                .setCrc(part.crc())
                .setAttributes(part.attributes() & 0xffff)
                .setProducerId(part.producerId())
                .setProducerEpoch(part.producerEpoch())
                .setBaseSequence(part.baseSequence())
                .setMaxTimestamp(part.maxTimestamp())
                .setLeaderEpoch(part.leaderEpoch())
                .setCoordinatorEpoch(part.coordinatorEpoch())
                .setAtOffset(part.atOffset())
                .build();
    }

    private static AppendPart decode(io.millrace.internal.v1.AppendPart part) {
        refuseUnknownFields(part);
        if ((short) part.getProducerEpoch() != part.getProducerEpoch()
                || (part.getAttributes() & 0xffff) != part.getAttributes()
                || part.getBaseOffset() < 0
                || part.getLastOffsetDelta() < 0
                || part.getRecordCount() < 0
                || part.getLength() <= 0) {
            throw new UnknownEntryException("an append part that cannot be, of partition " + part.getPartition());
        }
        return new AppendPart(
                part.getPartition(),
                part.getBaseOffset(),
                part.getLastOffsetDelta(),
                part.getRecordCount(),
                part.getLength(),
                part.getFactsLength(),
                part.getCrc(),
                (short) part.getAttributes(),
                part.getProducerId(),
                (short) part.getProducerEpoch(),
                part.getBaseSequence(),
                part.getMaxTimestamp(),
                part.getLeaderEpoch(),
                part.getCoordinatorEpoch(),
                part.getAtOffset());
    }
}
