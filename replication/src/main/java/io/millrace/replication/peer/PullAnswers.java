package io.millrace.replication.peer;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Answers the pulls that come on one connection. A few at a time are read, on the readers' threads, and sent; the next begins when one of them has left
 * this process, so that a slow peer holds little memory. Owned by the event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // what fails on a channel closes it, and its handlers hear of that
final class PullAnswers {
    private final Channel channel;
    private final PeerListener listener;
    private final PeerCounters counters;
    private final PeerLimits limits;
    private final Executor readers;
    private final Deque<FrameHeader> waiting = new ArrayDeque<>();
    private int underWay;
    private long bytesUnderWay;

    PullAnswers(Channel channel, PeerListener listener, PeerCounters counters, PeerLimits limits, Executor readers) {
        this.channel = channel;
        this.listener = listener;
        this.counters = counters;
        this.limits = limits;
        this.readers = readers;
    }

    /** Where too many wait it gets no answer: the peer asks again. */
    void asked(FrameHeader pull) {
        if (waiting.size() >= limits.waitingPulls()) {
            counters.servedDropped.increment();
            return;
        }
        waiting.add(pull);
        next();
    }

    void closed() {
        waiting.clear();
    }

    private void next() {
        while (!waiting.isEmpty() && underWay < limits.answers()) {
            FrameHeader pull = waiting.element();
            int length = listener.lengthOf(pull.id());
            if (length < 0 || length > limits.payloadBytes()) {
                waiting.remove();
                none(pull);
            } else if (underWay == 0 || bytesUnderWay + length <= limits.answerBytes()) {
                waiting.remove();
                begin(pull, length);
            } else {
                return;
            }
        }
    }

    private void begin(FrameHeader pull, int length) {
        underWay++;
        bytesUnderWay += length;
        try {
            readers.execute(() -> read(pull, length));
        } catch (RejectedExecutionException e) {
            ended(length); // closing
        }
    }

    /** On a reader's thread. */
    private void read(FrameHeader pull, int length) {
        ByteBuf payload = null;
        FrameHeader answer = pull.none();
        try {
            payload = PayloadBuffers.copyOf(pull.id(), length, listener);
            if (payload != null) {
                CRC32C crc = new CRC32C();
                crc.update(payload.nioBuffer());
                answer = pull.pulled(length, (int) crc.getValue());
            }
        } finally {
            handOver(answer, payload, length);
        }
    }

    private void handOver(FrameHeader answer, @Nullable ByteBuf payload, int length) {
        try {
            channel.eventLoop().execute(() -> send(answer, payload, length));
        } catch (RejectedExecutionException e) {
            if (payload != null) {
                payload.release();
            }
        }
    }

    private void send(FrameHeader answer, @Nullable ByteBuf payload, int length) {
        if (payload == null) {
            none(answer);
            ended(length);
            return;
        }
        channel.write(PayloadBuffers.encoded(answer));
        channel.writeAndFlush(payload).addListener(sent -> {
            if (sent.isSuccess()) {
                counters.servedFrames.increment();
                counters.servedBytes.add(length);
            }
            ended(length);
        });
    }

    private void none(FrameHeader pull) {
        counters.servedNone.increment();
        channel.writeAndFlush(PayloadBuffers.encoded(pull.none()));
    }

    private void ended(int length) {
        underWay--;
        bytesUnderWay -= length;
        next();
    }
}
