package io.millrace.replication.peer;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * Hands a socket the buffer to read into: that of the payload which is being received, or, between payloads, a small one. So a payload is copied once, by
 * the kernel. With TLS the socket's bytes are not the payload's: then this must not be used.
 */
final class LandingAllocator extends DefaultMaxMessagesRecvByteBufAllocator {
    private static final int SMALL = 16 << 10;

    private volatile @Nullable FrameReader reader;

    /** Before it is called the connection is greeted. */
    void landsIn(FrameReader frames) {
        reader = frames;
    }

    @Override
    public MaxMessageHandle newHandle() {
        return new LandingHandle();
    }

    private final class LandingHandle extends MaxMessageHandle {
        @Override
        public int guess() {
            return SMALL;
        }

        @Override
        public ByteBuf allocate(ByteBufAllocator allocator) {
            FrameReader frames = reader;
            ByteBuf landing = frames == null ? null : frames.landing();
            return landing == null ? PayloadBuffers.POOL.directBuffer(SMALL) : landing.retain();
        }
    }
}
