package io.millrace.replication.peer;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;

/** A payload in the buffer that it was received into. A second close does nothing. */
final class DirectPayload implements ReceivedPayload {
    private final PayloadId id;
    private final int crc;
    private final ByteBuf buffer;
    private final ReceiveBudget budget;
    private final AtomicBoolean closed = new AtomicBoolean();

    DirectPayload(PayloadId id, int crc, ByteBuf buffer, ReceiveBudget budget) {
        this.id = id;
        this.crc = crc;
        this.buffer = buffer;
        this.budget = budget;
    }

    @Override
    public PayloadId id() {
        return id;
    }

    @Override
    public int crc() {
        return crc;
    }

    @Override
    public ByteBuffer bytes() {
        if (closed.get()) {
            throw new IllegalStateException("the payload " + id + " is closed");
        }
        return buffer.nioBuffer().asReadOnlyBuffer();
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            int bytes = buffer.capacity();
            buffer.release();
            budget.release(bytes);
        }
    }
}
