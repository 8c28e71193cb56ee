package io.millrace.replication.peer;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The connecting side of the handshake: sends a {@link Hello}, awaits the {@link HelloAnswer}, and hands the connection on. Nothing is sent before the peer
 * has taken the stream. Owned by the event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // what fails on a channel closes it, and its handlers hear of that
final class Greeting extends ChannelInboundHandlerAdapter {
    /** What comes of it. On the event loop. */
    interface Outcome {
        /** The peer took the stream: adds the handlers of frames to the end of the pipeline. */
        void taken(Channel channel);

        /** Either side refused; the channel is being closed. */
        void refused(RefusedException why);

        /** The connection ended before the peer took it. */
        void ended();
    }

    private final Hello hello;
    private final PeerAddress peer;
    private final int deadlineMillis;
    private final Outcome outcome;
    private final ByteBuf answer = PayloadBuffers.POOL.directBuffer(HelloAnswer.BYTES, HelloAnswer.BYTES);
    private @Nullable ScheduledFuture<?> deadline;
    private boolean ended;

    Greeting(Hello hello, PeerAddress peer, int deadlineMillis, Outcome outcome) {
        this.hello = hello;
        this.peer = peer;
        this.deadlineMillis = deadlineMillis;
        this.outcome = outcome;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        deadline = context.executor().schedule((Runnable) context::close, deadlineMillis, TimeUnit.MILLISECONDS);
        ByteBuf out = PayloadBuffers.POOL.directBuffer(Hello.BYTES);
        hello.write(out);
        context.writeAndFlush(out);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf in = (ByteBuf) message;
        if (ended) {
            in.release();
            return;
        }
        answer.writeBytes(in, Math.min(in.readableBytes(), answer.writableBytes()));
        if (answer.isWritable()) {
            in.release();
            return;
        }
        ended = true;
        try {
            check(HelloAnswer.read(answer));
            outcome.taken(context.channel());
            context.fireChannelRead(in);
            context.pipeline().remove(this);
        } catch (RefusedException e) {
            in.release();
            outcome.refused(e);
            context.close();
        }
    }

    private void check(HelloAnswer found) throws RefusedException {
        String who = "broker " + found.brokerId() + ", incarnation " + found.incarnation() + " of cluster "
                + found.clusterId();
        HelloRefusal refusal = found.refusal();
        if (refusal != null) {
            throw new RefusedException(refusal, who + " refuses this broker");
        }
        if (!found.clusterId().equals(hello.clusterId())) {
            throw new RefusedException(HelloRefusal.WRONG_CLUSTER, who + " answers");
        }
        if (found.brokerId() != hello.expectedBroker()) {
            throw new RefusedException(HelloRefusal.WRONG_BROKER, who + " answers");
        }
        if (!peer.expects(found.incarnation())) {
            throw new RefusedException(
                    HelloRefusal.WRONG_INCARNATION, who + " answers, expected is " + peer.incarnation());
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        outcome.ended();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        answer.release();
        if (deadline != null) {
            deadline.cancel(false);
        }
    }
}
