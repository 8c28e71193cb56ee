package io.millrace.replication.peer;

import io.netty.buffer.ByteBuf;
import java.util.zip.CRC32C;

/**
 * The first 44 bytes of a frame, the same for all kinds; fields that a kind has no use for are 0. Big endian: kind (1 byte, 3 of zero), payload
 * length (4), request (8), shard (4), CRC-32C of the payload (4), term (8), Raft index (8), CRC-32C of the 40 bytes before (4). The payload follows.
 *
 * @param length of the payload in bytes
 * @param request numbers the pulls of a connection; its answer carries the same
 */
record FrameHeader(FrameKind kind, int length, long request, int shard, int crc, long term, long raftIndex) {
    static final int BYTES = 44;
    private static final int COVERED = 40;

    static FrameHeader push(PayloadId id, int length, int crc) {
        return new FrameHeader(FrameKind.PUSH, length, 0, id.shard(), crc, id.term(), id.raftIndex());
    }

    static FrameHeader pull(long request, PayloadId id) {
        return new FrameHeader(FrameKind.PULL, 0, request, id.shard(), 0, id.term(), id.raftIndex());
    }

    /** Answers a pull with a payload. */
    FrameHeader pulled(int payloadLength, int payloadCrc) {
        return new FrameHeader(FrameKind.PULLED, payloadLength, request, shard, payloadCrc, term, raftIndex);
    }

    /** Answers a pull: no such payload. */
    FrameHeader none() {
        return new FrameHeader(FrameKind.NONE, 0, request, shard, 0, term, raftIndex);
    }

    static FrameHeader leader(ShardLeader leader) {
        return new FrameHeader(FrameKind.LEADER, 0, 0, leader.shard(), 0, leader.term(), 0);
    }

    static FrameHeader ping() {
        return new FrameHeader(FrameKind.PING, 0, 0, 0, 0, 0, 0);
    }

    PayloadId id() {
        return new PayloadId(shard, term, raftIndex);
    }

    void write(ByteBuf out) {
        int start = out.writerIndex();
        out.writeInt(kind.code() << 24);
        out.writeInt(length);
        out.writeLong(request);
        out.writeInt(shard);
        out.writeInt(crc);
        out.writeLong(term);
        out.writeLong(raftIndex);
        out.writeInt(crcOf(out, start));
    }

    /** Reads one from {@code in}, which has {@link #BYTES} readable. */
    static FrameHeader read(ByteBuf in, int maxPayload) throws WireException {
        int expected = crcOf(in, in.readerIndex());
        int first = in.readInt();
        FrameHeader header = new FrameHeader(
                kindOf(first), in.readInt(), in.readLong(), in.readInt(), in.readInt(), in.readLong(), in.readLong());
        if (in.readInt() != expected) {
            throw new WireException("a frame header without its CRC");
        }
        int most = header.kind.carriesPayload() ? maxPayload : 0;
        if (header.length < 0 || header.length > most) {
            throw new WireException(header.kind + " of " + header.length + " bytes, at most " + most + " are taken");
        }
        return header;
    }

    private static FrameKind kindOf(int first) throws WireException {
        FrameKind kind = FrameKind.of(first >>> 24);
        if (kind == null || (first & 0xffffff) != 0) {
            throw new WireException("a frame of unknown kind " + Integer.toHexString(first));
        }
        return kind;
    }

    private static int crcOf(ByteBuf buffer, int start) {
        CRC32C crc = new CRC32C();
        crc.update(buffer.nioBuffer(start, COVERED));
        return (int) crc.getValue();
    }
}
