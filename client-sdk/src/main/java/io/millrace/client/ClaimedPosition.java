package io.millrace.client;

/**
 * A partition taken over for a group.
 *
 * @param position the next offset to read
 * @param ownerEpoch fences earlier owners: what they commit or read from now on fails
 * @param lostFrom retention passed the group's position: {@code [lostFrom, lostTo)} was never read by it; equal where nothing was lost
 */
public record ClaimedPosition(long position, long ownerEpoch, long logStart, long logEnd, long lostFrom, long lostTo) {

    public long lostRecords() {
        return Math.max(0, lostTo - lostFrom);
    }
}
