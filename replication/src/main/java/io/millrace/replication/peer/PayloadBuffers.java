package io.millrace.replication.peer;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Direct buffers of the streams. One pool for the process: it keeps what it has once used. */
final class PayloadBuffers {
    private static final Logger log = LoggerFactory.getLogger(PayloadBuffers.class);

    private static final int PAGE = 8 << 10;
    /** Chunks of 16 MiB: a buffer above that is not pooled, and entries seldom come near. */
    private static final int MAX_ORDER = 11;

    /** Few arenas, since each keeps a chunk of its own; thread caches only for the small buffers of event loops. */
    static final PooledByteBufAllocator POOL = new PooledByteBufAllocator(true, 0, 2, PAGE, MAX_ORDER, 256, 64, false);

    private PayloadBuffers() {}

    /** A buffer that holds {@code length} bytes and not one more. */
    static ByteBuf exactly(int length) {
        return POOL.directBuffer(length, length);
    }

    /** The payload in a buffer of its own; null where the listener does not have it with that length, or there is no memory. */
    static @Nullable ByteBuf copyOf(PayloadId id, int length, PeerListener listener) {
        ByteBuf buffer;
        try {
            buffer = exactly(length);
        } catch (OutOfMemoryError e) {
            log.warn("no direct memory to send payload {} of {} bytes: {}", id, length, e.getMessage());
            return null;
        }
        boolean copied = false;
        try {
            ByteBuffer target = buffer.nioBuffer(0, length);
            copied = listener.copy(id, target);
            buffer.writerIndex(length);
        } finally {
            if (!copied) {
                buffer.release();
            }
        }
        return copied ? buffer : null;
    }

    static ByteBuf encoded(FrameHeader header) {
        ByteBuf buffer = POOL.directBuffer(FrameHeader.BYTES, FrameHeader.BYTES);
        header.write(buffer);
        return buffer;
    }
}
