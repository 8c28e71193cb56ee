package io.millrace.replication.peer;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Takes the bytes of a connection apart into frames. A payload's buffer is allocated once its header is known; from then on the socket is read straight
 * into it ({@link LandingAllocator}), and its CRC is computed piece by piece as they arrive. Where the budget has no room for a payload,
 * the socket is not read until there is. Owned by the connection's event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // what fails on a channel closes it, and its handlers hear of that
final class FrameReader extends ChannelInboundHandlerAdapter {
    /** What becomes of the frames. On the event loop. */
    interface Sink {
        /** Whether the payload of that frame is taken; else its bytes are skipped. */
        boolean wants(FrameHeader header) throws WireException;

        void payload(FrameHeader header, DirectPayload payload) throws WireException;

        /** A payload came without its CRC, and is gone. */
        void corrupt(FrameHeader header);

        /** A frame without payload. */
        void frame(FrameHeader header) throws WireException;

        void closed();
    }

    private final Sink sink;
    private final ReceiveBudget budget;
    private final int maxPayload;
    private final Consumer<String> giveUp;

    private final ByteBuf header = PayloadBuffers.POOL.directBuffer(FrameHeader.BYTES, FrameHeader.BYTES);
    private final Deque<ByteBuf> unread = new ArrayDeque<>();
    private final CRC32C crc = new CRC32C();
    /** The frame whose payload is being read, or waits for room. */
    private @Nullable FrameHeader current;

    private @Nullable ByteBuf payload;
    private int checked;
    private int skip;
    private ReceiveBudget.@Nullable Wait wait;
    /** What follows cannot be read. */
    private boolean failed;

    private boolean closed;

    /** @param giveUp closes the connection; is told why */
    FrameReader(Sink sink, ReceiveBudget budget, int maxPayload, Consumer<String> giveUp) {
        this.sink = sink;
        this.budget = budget;
        this.maxPayload = maxPayload;
        this.giveUp = giveUp;
    }

    /** The buffer that the next bytes of the socket belong to, all that it has room for; null: not known yet. */
    @Nullable
    ByteBuf landing() {
        return closed || failed ? null : payload;
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // that very buffer
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf in = (ByteBuf) message;
        if (closed || failed) {
            in.release();
            return;
        }
        try {
            if (in == payload) {
                in.release(); // the reference that the landing held
                grown(context);
            } else {
                unread.add(in);
            }
            consume(context);
        } catch (WireException e) {
            fail(e);
        }
    }

    private void fail(WireException why) {
        failed = true;
        giveUp.accept(why.getMessage());
    }

    private void consume(ChannelHandlerContext context) throws WireException {
        while (!closed && wait == null && !unread.isEmpty()) {
            ByteBuf in = unread.element();
            while (in.isReadable() && !closed && wait == null) {
                step(context, in);
            }
            if (!closed && !in.isReadable()) {
                unread.remove().release();
            }
        }
    }

    private void step(ChannelHandlerContext context, ByteBuf in) throws WireException {
        if (payload != null) {
            payload.writeBytes(in, Math.min(in.readableBytes(), payload.writableBytes()));
            grown(context);
        } else if (skip > 0) {
            int bytes = Math.min(in.readableBytes(), skip);
            in.skipBytes(bytes);
            skip -= bytes;
        } else {
            header.writeBytes(in, Math.min(in.readableBytes(), header.writableBytes()));
            if (!header.isWritable()) {
                FrameHeader read = FrameHeader.read(header, maxPayload);
                header.clear();
                begin(context, read);
            }
        }
    }

    private void begin(ChannelHandlerContext context, FrameHeader read) throws WireException {
        if (!read.kind().carriesPayload()) {
            sink.frame(read);
        } else if (!sink.wants(read)) {
            skip = read.length();
        } else {
            current = read;
            ReceiveBudget.Wait room = new ReceiveBudget.Wait(read.length(), () -> granted(context, read.length()));
            if (budget.take(room)) {
                open(context, read);
            } else {
                wait = room;
                context.channel().config().setAutoRead(false);
            }
        }
    }

    private void granted(ChannelHandlerContext context, int bytes) {
        try {
            context.executor().execute(() -> resume(context, bytes));
        } catch (RejectedExecutionException e) {
            budget.release(bytes); // the loop has ended, and the connection with it
        }
    }

    private void resume(ChannelHandlerContext context, int bytes) {
        FrameHeader read = current;
        if (closed || read == null) {
            budget.release(bytes);
            return;
        }
        wait = null;
        try {
            open(context, read);
            consume(context);
        } catch (WireException e) {
            fail(e);
        }
        if (!closed && !failed && wait == null) {
            context.channel().config().setAutoRead(true);
        }
    }

    /** The budget has been taken. */
    private void open(ChannelHandlerContext context, FrameHeader read) throws WireException {
        crc.reset();
        checked = 0;
        try {
            payload = PayloadBuffers.exactly(read.length());
        } catch (OutOfMemoryError e) {
            current = null;
            budget.release(read.length());
            throw new WireException("no direct memory for a payload of " + read.length() + " bytes: " + e.getMessage());
        }
        grown(context);
    }

    private void grown(ChannelHandlerContext context) throws WireException {
        ByteBuf buffer = payload;
        FrameHeader read = current;
        if (buffer == null || read == null) {
            throw new IllegalStateException("no payload is open on " + context.channel());
        }
        int end = buffer.writerIndex();
        if (end > checked) {
            crc.update(buffer.internalNioBuffer(checked, end - checked));
            checked = end;
        }
        if (!buffer.isWritable()) {
            payload = null;
            current = null;
            DirectPayload received = new DirectPayload(read.id(), read.crc(), buffer, budget);
            if ((int) crc.getValue() == read.crc()) {
                sink.payload(read, received);
            } else {
                received.close();
                sink.corrupt(read);
            }
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof IOException) {
            context.close(); // reset: the peer's doing
        } else {
            giveUp.accept("failed: " + cause);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        handlerRemoved(context);
    }

    /** Whichever comes first of the connection's end and the pipeline's. */
    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        if (closed) {
            return;
        }
        closed = true;
        FrameHeader read = current;
        // One that waits and was granted meanwhile gives back in resume.
        if (read != null && wait == null) {
            budget.release(read.length());
        } else if (wait != null) {
            budget.cancel(wait);
        }
        if (payload != null) {
            payload.release();
        }
        unread.forEach(ByteBuf::release);
        unread.clear();
        header.release();
        sink.closed();
    }
}
