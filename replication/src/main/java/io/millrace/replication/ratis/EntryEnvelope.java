package io.millrace.replication.ratis;

import io.millrace.storage.StorageException;
import io.millrace.storage.StorageException.Kind;
import java.nio.ByteBuffer;

/**
 * The log data of a Raft entry: a fixed prefix of 26 bytes, big-endian, and the body.
 *
 * <pre>
 * format u8 = 1 | flags u8 | term u64 | seq u64 | payload length u32 | payload CRC-32C u32 | body
 * </pre>
 *
 * Flag 1: the entry has a payload, in the frame of the same (term, Raft index). Without it, length and CRC are 0. Other flags and other
 * formats are refused. Immutable; nobody changes the body.
 *
 * @param term in which the proposer leads; equal to the entry's own
 * @param seq the entry's number in its term, from 0
 */
record EntryEnvelope(long term, long seq, boolean hasPayload, int payloadLength, int payloadCrc, byte[] body) {
    static final int PREFIX_BYTES = 26;

    private static final byte FORMAT = 1;
    private static final byte HAS_PAYLOAD = 1;

    EntryEnvelope {
        if (payloadLength < 0 || (!hasPayload && (payloadLength != 0 || payloadCrc != 0))) {
            throw new IllegalArgumentException("payload " + hasPayload + " of " + payloadLength + " bytes");
        }
    }

    byte[] encode() {
        ByteBuffer out = ByteBuffer.allocate(PREFIX_BYTES + body.length);
        out.put(FORMAT).put(hasPayload ? HAS_PAYLOAD : 0).putLong(term).putLong(seq);
        out.putInt(payloadLength).putInt(payloadCrc).put(body);
        return out.array();
    }

    /**
     * Reads what {@link #encode} wrote.
     *
     * @throws StorageException NEWER_FORMAT, or CORRUPT where the bytes cannot be an envelope
     */
    static EntryEnvelope decode(ByteBuffer bytes) {
        ByteBuffer in = bytes.duplicate();
        if (in.remaining() < PREFIX_BYTES) {
            throw new StorageException(Kind.CORRUPT, "a Raft entry of " + in.remaining() + " bytes has no envelope");
        }
        int format = Byte.toUnsignedInt(in.get());
        int flags = Byte.toUnsignedInt(in.get());
        if (format == 0) {
            throw new StorageException(Kind.CORRUPT, "a Raft entry's envelope has format 0");
        }
        if (format > FORMAT || (flags & ~HAS_PAYLOAD) != 0) {
            throw new StorageException(
                    Kind.NEWER_FORMAT, "a Raft entry has format " + format + " and flags " + flags + "; known is 1");
        }
        long term = in.getLong();
        long seq = in.getLong();
        int payloadLength = in.getInt();
        int payloadCrc = in.getInt();
        boolean hasPayload = flags == HAS_PAYLOAD;
        if (payloadLength < 0 || (!hasPayload && (payloadLength != 0 || payloadCrc != 0))) {
            throw new StorageException(Kind.CORRUPT, "a Raft entry's envelope contradicts itself about its payload");
        }
        byte[] body = new byte[in.remaining()];
        in.get(body);
        return new EntryEnvelope(term, seq, hasPayload, payloadLength, payloadCrc, body);
    }
}
