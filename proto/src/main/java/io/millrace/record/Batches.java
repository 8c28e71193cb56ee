package io.millrace.record;

import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * The batches that lie one behind the other in the remaining bytes of a buffer. Each is whole; the iterator throws {@link
 * InvalidBatchException} at one that is not. CRCs are not checked. The buffer's position does not move.
 */
public final class Batches implements Iterable<Batches.Batch> {
    private final ByteBuffer buffer;

    public Batches(ByteBuffer buffer) {
        this.buffer = buffer;
    }

    /**
     * One batch of several.
     *
     * @param position of its first byte in the buffer
     */
    public record Batch(int position, BatchHeader header) {}

    @Override
    public Iterator<Batch> iterator() {
        return new Iterator<>() {
            private int position = buffer.position();

            @Override
            public boolean hasNext() {
                return position < buffer.limit();
            }

            @Override
            public Batch next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                Batch batch = new Batch(position, BatchHeader.read(buffer, position));
                position += batch.header().sizeInBytes();
                return batch;
            }
        };
    }
}
