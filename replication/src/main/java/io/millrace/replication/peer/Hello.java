package io.millrace.replication.peer;

import io.netty.buffer.ByteBuf;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * The first thing on a connection, from the side that made it; nothing else is taken before. 44 bytes, big endian: magic (8), protocol version (4), cluster id (16),
 * broker id, incarnation, expected broker id of the other side (4 each), CRC-32C of the 40 bytes before (4). Magic and version stay where they are in all versions.
 */
record Hello(UUID clusterId, int brokerId, int incarnation, int expectedBroker) {
    static final long MAGIC = 0x4d4c5243_50454552L; // "MLRCPEER"
    static final int VERSION = 1;
    static final int BYTES = 44;
    private static final int COVERED = 40;
    private static final int PREFIX = 12;

    void write(ByteBuf out) {
        int start = out.writerIndex();
        out.writeLong(MAGIC);
        out.writeInt(VERSION);
        out.writeLong(clusterId.getMostSignificantBits());
        out.writeLong(clusterId.getLeastSignificantBits());
        out.writeInt(brokerId);
        out.writeInt(incarnation);
        out.writeInt(expectedBroker);
        out.writeInt(crcOf(out, start));
    }

    /** Judges magic and version as soon as they are there: what follows them may be of any form. */
    static void checkPrefix(ByteBuf in) throws RefusedException {
        int start = in.readerIndex();
        if (in.readableBytes() >= Long.BYTES && in.getLong(start) != MAGIC) {
            throw new RefusedException(HelloRefusal.NOT_A_PEER, "no greeting of a peer stream");
        }
        if (in.readableBytes() >= PREFIX && in.getInt(start + Long.BYTES) != VERSION) {
            throw new RefusedException(
                    HelloRefusal.UNSUPPORTED_VERSION,
                    "protocol version " + in.getInt(start + Long.BYTES) + ", this broker speaks " + VERSION);
        }
    }

    /** Reads one from {@code in}, which has {@link #BYTES} readable and a good prefix. */
    static Hello read(ByteBuf in) throws RefusedException {
        int expected = crcOf(in, in.readerIndex());
        in.skipBytes(PREFIX);
        Hello hello = new Hello(new UUID(in.readLong(), in.readLong()), in.readInt(), in.readInt(), in.readInt());
        if (in.readInt() != expected) {
            throw new RefusedException(HelloRefusal.NOT_A_PEER, "a greeting without its CRC");
        }
        return hello;
    }

    static int crcOf(ByteBuf buffer, int start) {
        CRC32C crc = new CRC32C();
        crc.update(buffer.nioBuffer(start, COVERED));
        return (int) crc.getValue();
    }
}
