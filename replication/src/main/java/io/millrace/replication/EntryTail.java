package io.millrace.replication;

import com.google.errorprone.annotations.concurrent.GuardedBy;

/**
 * Which entry may enter the log next, and how many of the newest term are applied. Entries of a term are numbered 0, 1, ... without a gap,
 * so that the n-th one applied is number n - 1: nothing that was checked under a lost entry gets in. Thread safe.
 */
final class EntryTail {
    @GuardedBy("this")
    private long term = -1;

    @GuardedBy("this")
    private long lastAdmitted = -1;

    @GuardedBy("this")
    private long appliedTerm = -1;

    @GuardedBy("this")
    private long lastApplied = -1;

    /** An entry is next, or is admitted once more because it did not enter the log after it was admitted. */
    synchronized boolean admits(long entryTerm, long seq) {
        if (entryTerm < term) {
            return false;
        }
        long last = entryTerm == term ? lastAdmitted : -1;
        boolean again = seq >= 0 && seq == last && !isApplied(entryTerm, seq);
        if (seq != last + 1 && !again) {
            return false;
        }
        term = entryTerm;
        lastAdmitted = seq;
        return true;
    }

    synchronized void applied(long entryTerm) {
        lastApplied = entryTerm == appliedTerm ? lastApplied + 1 : 0;
        appliedTerm = entryTerm;
    }

    synchronized boolean isApplied(long entryTerm, long seq) {
        return entryTerm < appliedTerm || (entryTerm == appliedTerm && seq <= lastApplied);
    }
}
