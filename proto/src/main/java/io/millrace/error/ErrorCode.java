package io.millrace.error;

import java.util.Arrays;

/**
 * Every error that Millrace answers with: the catalogue behind {@code millrace.v1.ErrorCode}, whose names and numbers
 * it mirrors (a test holds them equal). A number is for ever. Whether a retry makes sense is decided here, once.
 */
public enum ErrorCode {
    INVALID_REQUEST(1, Retry.NEVER, "The request breaks the protocol or lacks a field."),
    UNSUPPORTED_VERSION(2, Retry.NEVER, "Client and broker share no protocol version."),
    UNKNOWN_TOPIC(3, Retry.NEVER, "No topic has this name or id."),
    UNKNOWN_PARTITION(4, Retry.NEVER, "The topic has no partition of this number."),
    TOPIC_ALREADY_EXISTS(5, Retry.NEVER, "A topic of this name exists."),
    INVALID_TOPIC_NAME(6, Retry.NEVER, "The topic name is empty, too long or has an illegal character."),
    INVALID_CONFIG(
            7, Retry.NEVER, "A setting's value is out of range or malformed; the error names the key and the range."),
    UNKNOWN_CONFIG(8, Retry.NEVER, "There is no setting of this name."),
    OFFSET_OUT_OF_RANGE(
            9, Retry.NEVER, "The offset is below the log start or above the log end; the error has the range."),
    BATCH_TOO_LARGE(10, Retry.NEVER, "The record batch is larger than the limit."),
    CORRUPT_BATCH(11, Retry.NEVER, "The record batch does not match its CRC."),
    UNSUPPORTED_BATCH_FORMAT(12, Retry.NEVER, "The record batch is not of format v2 (magic 2)."),
    INVALID_BATCH(
            13, Retry.NEVER, "The record batch contradicts itself: counts, lengths, offsets or timestamps do not fit."),
    BATCH_EXPANDS_TOO_FAR(14, Retry.NEVER, "The compressed records expand beyond the limit."),
    INVALID_GROUP_NAME(15, Retry.NEVER, "The group name is empty, too long or has an illegal character."),
    UNKNOWN_GROUP(16, Retry.NEVER, "No group has this name."),
    METADATA_TOO_LARGE(17, Retry.NEVER, "The metadata of a position is larger than 4,096 bytes."),
    INVALID_POSITION(18, Retry.NEVER, "A position lies outside the partition or behind what was committed."),
    REPLICATION_UNSUPPORTED(19, Retry.NEVER, "The cluster cannot carry the replication factor asked for."),

    FENCED(30, Retry.NEVER, "Another owner has claimed the partition since; the error names it."),
    POSITION_NOT_READY(31, Retry.SAME, "The group has no position on this partition yet."),
    OUT_OF_ORDER_SEQUENCE(32, Retry.NEVER, "The producer's sequence leaves a gap: an earlier batch is missing."),
    PRODUCER_FENCED(33, Retry.NEVER, "The producer's epoch is older than the one known."),
    SESSION_EXPIRED(34, Retry.NEVER, "The producer's state has expired; open a new session."),
    EXPECTED_OFFSET_MISMATCH(35, Retry.NEVER, "The partition's end is not the one expected."),

    NOT_LEADER(40, Retry.ELSEWHERE, "This broker does not lead the shard."),
    SHARD_UNAVAILABLE(41, Retry.SAME, "The shard has no leader now, or is quarantined."),
    DEADLINE_EXCEEDED(42, Retry.SAME, "The time given was over; the effect says whether it may have been written."),
    STOPPING(43, Retry.ELSEWHERE, "The broker is stopping."),
    OVERLOADED(44, Retry.SAME, "A bound on bytes or requests in flight was reached."),
    STORAGE_FULL(45, Retry.SAME, "The disk of the shard's leader is full; reads go on."),
    CORRUPT(46, Retry.NEVER, "Stored bytes do not match their checksum; the error has the offsets."),
    UNKNOWN_OUTCOME(47, Retry.SAME, "The proposal was lost from sight: it may have been written."),
    INTERNAL(48, Retry.NEVER, "A bug: please report it with the broker's log."),
    CANCELLED(49, Retry.NEVER, "The caller went away."),
    TOPIC_NOT_READY(50, Retry.SAME, "The topic is being created or deleted."),

    PORT_IN_USE(60, Retry.NEVER, "Another process listens on the port."),
    DIRECTORY_LOCKED(61, Retry.NEVER, "Another process uses the data directory."),
    DIRECTORY_NOT_WRITABLE(62, Retry.NEVER, "The data directory cannot be written."),
    WRONG_CLUSTER(63, Retry.NEVER, "The data directory belongs to another cluster or broker."),
    NEWER_FORMAT(64, Retry.NEVER, "The data was written by a newer Millrace."),
    DAMAGED_DIRECTORY(65, Retry.NEVER, "A file that the broker needs to start is damaged or missing."),
    BROKER_ID_IN_USE(66, Retry.NEVER, "Another broker, with a data directory of its own, has this id."),
    STALE_BROKER(67, Retry.NEVER, "The data directory is of an earlier life of this broker, which was replaced since.");

    /** Where a retry of the same request makes sense. */
    public enum Retry {
        /** Nowhere. */
        NEVER,
        /** At the same broker, after a pause. */
        SAME,
        /** At the broker that the error or a fresh view of the cluster names. */
        ELSEWHERE
    }

    private static final ErrorCode[] BY_NUMBER = byNumber();

    private final int number;
    private final Retry retry;
    private final String meaning;

    ErrorCode(int number, Retry retry, String meaning) {
        this.number = number;
        this.retry = retry;
        this.meaning = meaning;
    }

    private static ErrorCode[] byNumber() {
        ErrorCode[] all = values();
        ErrorCode[] byNumber = new ErrorCode[all[all.length - 1].number + 1];
        Arrays.fill(byNumber, INTERNAL);
        for (ErrorCode code : all) {
            byNumber[code.number] = code;
        }
        return byNumber;
    }

    /**
     * The error with this number. One that this version does not know, since a newer peer sent it, becomes {@link
     * #INTERNAL}: nobody retries what he does not understand.
     */
    public static ErrorCode of(int number) {
        return number < 0 || number >= BY_NUMBER.length ? INTERNAL : BY_NUMBER[number];
    }

    /** The number on the wire. */
    public int number() {
        return number;
    }

    public Retry retry() {
        return retry;
    }

    public boolean isRetryable() {
        return retry != Retry.NEVER;
    }

    /** One sentence for the reference documentation. */
    public String meaning() {
        return meaning;
    }
}
