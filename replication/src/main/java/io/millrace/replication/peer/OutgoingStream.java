package io.millrace.replication.peer;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The greeted connection that this broker made to a peer: its pushes, pulls and announcements go out, answers to its pulls come back. Frames without payload are
 * written at once and so overtake the queued pushes, whose bytes are fetched only when the socket has room.
 * {@link #push} is for any thread, all else belongs to the event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // what fails on a channel closes it, and its handlers hear of that
final class OutgoingStream extends ChannelInboundHandlerAdapter implements FrameReader.Sink {
    /** Bytes pushed in one go before other connections of the loop have their turn. */
    private static final int TURN = 16 << 20;

    private static final int FLUSH = 256 << 10;

    private final Channel channel;
    private final PeerListener listener;
    private final PeerCounters counters;
    private final PullTable pulls;
    private final PushQueue queue;
    private final AtomicBoolean woken = new AtomicBoolean();
    private final Runnable onClosed;
    private volatile boolean closed;

    /** @param onClosed runs once, on the loop, when the connection has ended */
    OutgoingStream(
            Channel channel, PeerListener listener, PeerCounters counters, PeerLimits limits, Runnable onClosed) {
        this.channel = channel;
        this.listener = listener;
        this.counters = counters;
        this.pulls = new PullTable(channel.eventLoop(), counters);
        this.queue = new PushQueue(limits.queuedPushes(), limits.queuedBytes());
        this.onClosed = onClosed;
    }

    void push(PayloadId id, int length, int crc) {
        if (!queue.offer(new PushQueue.Push(id, length, crc))) {
            counters.droppedFull.increment();
        } else if (closed) {
            counters.droppedUnconnected.add(queue.clear());
        } else {
            wake();
        }
    }

    private void wake() {
        if (woken.compareAndSet(false, true)) {
            try {
                channel.eventLoop().execute(this::drain);
            } catch (RejectedExecutionException e) {
                counters.droppedUnconnected.add(queue.clear());
            }
        }
    }

    private void drain() {
        woken.set(false);
        long written = 0;
        long unflushed = 0;
        while (!closed && channel.isWritable()) {
            if (written >= TURN) {
                wake();
                break;
            }
            PushQueue.Push push = queue.poll();
            if (push == null) {
                break;
            }
            long bytes = write(push);
            written += bytes;
            unflushed += bytes;
            // Sent while they are warm in the cache.
            if (unflushed >= FLUSH) {
                channel.flush();
                unflushed = 0;
            }
        }
        channel.flush();
    }

    private int write(PushQueue.Push push) {
        ByteBuf payload = PayloadBuffers.copyOf(push.id(), push.length(), listener);
        if (payload == null) {
            counters.droppedGone.increment();
            return 0;
        }
        channel.write(PayloadBuffers.encoded(FrameHeader.push(push.id(), push.length(), push.crc())));
        channel.write(payload);
        counters.sentFrames.increment();
        counters.sentBytes.add(push.length());
        return push.length();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (channel.isWritable()) {
            wake();
        }
    }

    void announce(ShardLeader leader) {
        send(FrameHeader.leader(leader));
    }

    void pull(PayloadId id, long timeoutNanos, CompletableFuture<@Nullable ReceivedPayload> future, Runnable ended) {
        counters.pullsAsked.increment();
        send(FrameHeader.pull(pulls.add(id, timeoutNanos, future, ended), id));
    }

    private void send(FrameHeader header) {
        channel.writeAndFlush(PayloadBuffers.encoded(header));
    }

    @Override
    public boolean wants(FrameHeader header) throws WireException {
        if (header.kind() != FrameKind.PULLED) {
            throw new WireException(header.kind() + " on a connection that this side made");
        }
        return pulls.knows(header.request());
    }

    @Override
    public void payload(FrameHeader header, DirectPayload payload) throws WireException {
        pulls.answered(header.request(), payload);
    }

    @Override
    public void corrupt(FrameHeader header) {
        counters.corrupt.increment();
        pulls.fail(header.request(), "the answer came without its CRC");
    }

    @Override
    public void frame(FrameHeader header) throws WireException {
        switch (header.kind()) {
            case NONE -> pulls.none(header.request());
            case PING -> {}
            default -> throw new WireException(header.kind() + " on a connection that this side made");
        }
    }

    @Override
    public void closed() {
        closed = true;
        counters.droppedUnconnected.add(queue.clear());
        pulls.failAll("the stream broke");
        onClosed.run();
    }
}
