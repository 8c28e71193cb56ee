package io.millrace.storage;

/**
 * How far a shard's index has come: committed with the very rows that it covers, so that state and progress cannot disagree.
 *
 * @param term of the last applied entry
 * @param raftIndex of the last applied entry; -1: none
 * @param logEnd the place after the last applied frame
 */
public record AppliedMark(long term, long raftIndex, LogPosition logEnd) {
    public static final AppliedMark NONE = new AppliedMark(0, -1, LogPosition.START);
}
