package io.millrace.client.produce;

/** A producer's identity for the broker: sequences count per session and partition. An id is never given to anybody else. */
record ProducerSession(long producerId, short producerEpoch) {

    /** The sequence behind {@code count} records; after the largest comes 0. */
    static int advance(int sequence, int count) {
        return (int) (((long) sequence + count) & Integer.MAX_VALUE);
    }
}
