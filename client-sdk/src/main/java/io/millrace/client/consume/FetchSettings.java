package io.millrace.client.consume;

import io.millrace.client.cluster.Backoff;

/**
 * How a {@link FetchSession} works; see the client's ConsumerConfig for the meaning of each.
 */
public record FetchSettings(
        long prefetchBytes,
        int fetchBytes,
        int partitionFetchBytes,
        int minBytes,
        long maxWaitNanos,
        long requestNanos,
        boolean readCommitted,
        OutOfRange outOfRange,
        long troubleNanos,
        Backoff backoff) {

    /** Where to go on when the position cannot be read. */
    public enum OutOfRange {
        FAIL,
        START,
        END
    }
}
