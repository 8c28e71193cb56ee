package io.millrace.replication.peer;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The accepting side of the handshake: awaits a {@link Hello}, has it judged, answers, and hands the connection on. Owned by the event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // what fails on a channel closes it, and its handlers hear of that
final class Reception extends ChannelInboundHandlerAdapter {
    /** Who decides. On the event loop. */
    interface Host {
        /** Takes the greeting or says why not. */
        void judge(Hello hello) throws RefusedException;

        /** The answer to the peer; {@code refusal} null: it is taken. */
        HelloAnswer answer(@Nullable HelloRefusal refusal);

        /** The greeting was taken and answered: adds the handlers of frames to the end of the pipeline. */
        void taken(Channel channel, Hello hello);

        /** The greeting was refused. {@code hello} is null where it could not be read. */
        void refused(Channel channel, @Nullable Hello hello, RefusedException why);

        /** The handshake is over, one way or another. */
        void ended();
    }

    private final Host host;
    private final int deadlineMillis;
    private final ByteBuf greeting = PayloadBuffers.POOL.directBuffer(Hello.BYTES, Hello.BYTES);
    private @Nullable ScheduledFuture<?> deadline;
    private boolean ended;

    Reception(Host host, int deadlineMillis) {
        this.host = host;
        this.deadlineMillis = deadlineMillis;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        deadline = context.executor().schedule((Runnable) context::close, deadlineMillis, TimeUnit.MILLISECONDS);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf in = (ByteBuf) message;
        if (ended) {
            in.release();
            return;
        }
        Hello hello = null;
        try {
            greeting.writeBytes(in, Math.min(in.readableBytes(), greeting.writableBytes()));
            Hello.checkPrefix(greeting);
            if (greeting.isWritable()) {
                in.release();
                return;
            }
            ended = true;
            hello = Hello.read(greeting);
            host.judge(hello);
        } catch (RefusedException e) {
            in.release();
            ended = true;
            host.refused(context.channel(), hello, e);
            context.writeAndFlush(encoded(host.answer(e.refusal()))).addListener(ChannelFutureListener.CLOSE);
            return;
        }
        context.writeAndFlush(encoded(host.answer(null)));
        host.taken(context.channel(), hello);
        context.fireChannelRead(in);
        context.pipeline().remove(this);
    }

    private static ByteBuf encoded(HelloAnswer answer) {
        ByteBuf out = PayloadBuffers.POOL.directBuffer(HelloAnswer.BYTES);
        answer.write(out);
        return out;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        greeting.release();
        if (deadline != null) {
            deadline.cancel(false);
        }
        host.ended();
    }
}
