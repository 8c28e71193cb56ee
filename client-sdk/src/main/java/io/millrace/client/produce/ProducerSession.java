package io.millrace.client.produce;

import org.jspecify.annotations.Nullable;

/** A producer's identity for the broker: sequences count per session and partition. An id is never given to anybody else. */
record ProducerSession(long producerId, short producerEpoch) {

    /** The same producer under the next epoch, where sequences begin anew and what is still under way of this one is refused; {@code null}: the epochs are used up. */
    @Nullable
    ProducerSession next() {
        return producerEpoch == Short.MAX_VALUE ? null : new ProducerSession(producerId, (short) (producerEpoch + 1));
    }

    /** The sequence behind {@code count} records; after the largest comes 0. */
    static int advance(int sequence, int count) {
        return (int) (((long) sequence + count) & Integer.MAX_VALUE);
    }
}
