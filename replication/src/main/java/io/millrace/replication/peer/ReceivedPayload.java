package io.millrace.replication.peer;

import java.nio.ByteBuffer;

/**
 * A payload that came from a peer, its CRC-32C checked. The bytes lie in a pooled buffer: whoever is handed it closes it once, and reads the
 * bytes before that. Not thread safe, but may be handed from thread to thread.
 */
public interface ReceivedPayload extends AutoCloseable {
    PayloadId id();

    int crc();

    /** From position to limit; each call gives a fresh view. */
    ByteBuffer bytes();

    /** Gives the buffer back. */
    @Override
    void close();
}
