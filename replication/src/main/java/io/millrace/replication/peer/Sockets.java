package io.millrace.replication.peer;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.util.AttributeKey;

/** What the sockets of both sides have in common. */
final class Sockets {
    /** The connection's buffers to read into. */
    static final AttributeKey<LandingAllocator> LANDING = AttributeKey.valueOf(Sockets.class, "landing");

    /** Bytes that a connection holds for the socket: enough to keep it busy, little where the peer is slow. */
    private static final WriteBufferWaterMark WRITTEN = new WriteBufferWaterMark(4 << 20, 8 << 20);

    private Sockets() {}

    static void configure(Channel channel, LandingAllocator landing) {
        channel.config().setAllocator(PayloadBuffers.POOL);
        channel.config().setRecvByteBufAllocator(landing);
        channel.config().setWriteBufferWaterMark(WRITTEN);
        channel.config().setOption(ChannelOption.TCP_NODELAY, true);
        channel.config().setOption(ChannelOption.SO_KEEPALIVE, true);
    }
}
