package io.millrace.replication.ratis;

/**
 * The last sequence number that entered the log in the newest term. What is checked before the log and what moves when an entry is in the
 * log are two steps, so that a refused entry leaves no gap.
 *
 * <p>Used by whoever holds Ratis' log lock, one thread at a time; synchronized because that lock is not ours to rely on.
 */
final class LogTail {
    private long term = -1;
    private long seq = -1;

    /** An entry is next where it is one above the last of its term; the first of a new term is 0. */
    synchronized boolean isNext(long nextTerm, long nextSeq) {
        if (nextTerm < term) {
            return false;
        }
        return nextSeq == (nextTerm == term ? seq + 1 : 0);
    }

    synchronized void advance(long entryTerm, long entrySeq) {
        if (!isNext(entryTerm, entrySeq)) {
            throw new IllegalStateException(
                    "entry " + entrySeq + " of term " + entryTerm + " after " + seq + " of " + term);
        }
        term = entryTerm;
        seq = entrySeq;
    }
}
