package io.millrace.client.produce;

/**
 * When the next request may leave for a broker. Batches grow by load and not by a timer: with few requests unanswered whatever waits leaves at once, so an idle producer adds no delay; with more, only
 * full batches justify another, and what comes meanwhile makes the next batch larger. Pure.
 *
 * @param maxInFlight requests without an answer
 */
record DispatchWindow(int maxInFlight) {
    /** One travels while the other is made durable; the broker has at most two entries of a shard under way, too. */
    private static final int FOR_ANYTHING = 2;

    boolean isOpen(int inFlight, boolean fullBatchWaits) {
        return inFlight < maxInFlight && (inFlight < FOR_ANYTHING || fullBatchWaits);
    }
}
