package io.millrace.replication.peer;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Says that this side lives when it has nothing else to say, and gives up a peer that says nothing. Each side beats by itself and none answers, so that one which has
 * stopped reading is not taken for dead. Counts beats, not time: after a long pause of this process the peer has its say first.
 * Owned by the event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // what fails on a channel closes it, and its handlers hear of that
final class Heartbeat extends ChannelDuplexHandler {
    private final PeerTimes times;
    private final Consumer<String> giveUp;
    private boolean spoke;
    private boolean heard;
    private int silentBeats;
    private @Nullable ChannelFuture ping;
    private @Nullable ScheduledFuture<?> beats;

    Heartbeat(PeerTimes times, Consumer<String> giveUp) {
        this.times = times;
        this.giveUp = giveUp;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        beats = context.executor()
                .scheduleWithFixedDelay(() -> beat(context), times.ping(), times.ping(), TimeUnit.MILLISECONDS);
    }

    private void beat(ChannelHandlerContext context) {
        silentBeats = heard || !context.channel().config().isAutoRead() ? 0 : silentBeats + 1;
        heard = false;
        if (silentBeats * times.ping() >= times.silence()) {
            giveUp.accept("nothing heard for " + times.silence() + " ms");
            return;
        }
        // One that the peer has not taken yet says it too: not a second behind it.
        if (!spoke && (ping == null || ping.isDone())) {
            ping = context.writeAndFlush(PayloadBuffers.encoded(FrameHeader.ping()));
        }
        spoke = false;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        heard = true;
        context.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        spoke = true;
        context.write(message, promise);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        if (beats != null) {
            beats.cancel(false);
        }
    }
}
