package io.millrace.replication.peer;

import java.util.concurrent.atomic.LongAdder;

/** The counters behind {@link PeerStats}. Any thread. */
final class PeerCounters {
    final LongAdder sentFrames = new LongAdder();
    final LongAdder sentBytes = new LongAdder();
    final LongAdder receivedFrames = new LongAdder();
    final LongAdder receivedBytes = new LongAdder();
    final LongAdder droppedFull = new LongAdder();
    final LongAdder droppedUnconnected = new LongAdder();
    final LongAdder droppedGone = new LongAdder();
    final LongAdder corrupt = new LongAdder();
    final LongAdder pullsAsked = new LongAdder();
    final LongAdder pullsAnswered = new LongAdder();
    final LongAdder pullsNone = new LongAdder();
    final LongAdder pullsFailed = new LongAdder();
    final LongAdder servedFrames = new LongAdder();
    final LongAdder servedBytes = new LongAdder();
    final LongAdder servedNone = new LongAdder();
    final LongAdder servedDropped = new LongAdder();
    final LongAdder connects = new LongAdder();

    PeerStats stats() {
        return new PeerStats(
                sentFrames.sum(),
                sentBytes.sum(),
                receivedFrames.sum(),
                receivedBytes.sum(),
                droppedFull.sum(),
                droppedUnconnected.sum(),
                droppedGone.sum(),
                corrupt.sum(),
                pullsAsked.sum(),
                pullsAnswered.sum(),
                pullsNone.sum(),
                pullsFailed.sum(),
                servedFrames.sum(),
                servedBytes.sum(),
                servedNone.sum(),
                servedDropped.sum(),
                connects.sum());
    }
}
