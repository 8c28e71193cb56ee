package io.millrace.replication.peer;

import io.netty.buffer.ByteBuf;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a {@link Hello}. 44 bytes, big endian: magic (8), protocol version (4), cluster id (16), broker id, incarnation, code of the refusal or 0
 * (4 each), CRC-32C of the 40 bytes before (4). A broker of another version answers in this form too.
 *
 * @param refusal null: the stream is taken
 */
record HelloAnswer(
        UUID clusterId,
        int brokerId,
        int incarnation,
        @Nullable HelloRefusal refusal) {
    static final int BYTES = 44;

    void write(ByteBuf out) {
        int start = out.writerIndex();
        out.writeLong(Hello.MAGIC);
        out.writeInt(Hello.VERSION);
        out.writeLong(clusterId.getMostSignificantBits());
        out.writeLong(clusterId.getLeastSignificantBits());
        out.writeInt(brokerId);
        out.writeInt(incarnation);
        out.writeInt(refusal == null ? 0 : refusal.code());
        out.writeInt(Hello.crcOf(out, start));
    }

    /** Reads one from {@code in}, which has {@link #BYTES} readable. A code that this version does not know is refused as an unknown version. */
    static HelloAnswer read(ByteBuf in) throws RefusedException {
        int expected = Hello.crcOf(in, in.readerIndex());
        if (in.readLong() != Hello.MAGIC) {
            throw new RefusedException(HelloRefusal.NOT_A_PEER, "no answer of a peer stream");
        }
        int version = in.readInt();
        UUID clusterId = new UUID(in.readLong(), in.readLong());
        int brokerId = in.readInt();
        int incarnation = in.readInt();
        int code = in.readInt();
        if (in.readInt() != expected) {
            throw new RefusedException(HelloRefusal.NOT_A_PEER, "an answer without its CRC");
        }
        HelloRefusal refusal = HelloRefusal.of(code);
        boolean unknownCode = code != 0 && refusal == null;
        boolean takenByAnother = code == 0 && version != Hello.VERSION;
        if (unknownCode || takenByAnother) {
            throw new RefusedException(
                    HelloRefusal.UNSUPPORTED_VERSION, "the peer speaks version " + version + ", its code is " + code);
        }
        return new HelloAnswer(clusterId, brokerId, incarnation, refusal);
    }
}
