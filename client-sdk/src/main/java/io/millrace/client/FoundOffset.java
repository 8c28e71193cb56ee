package io.millrace.client;

/**
 * The answer to a question for an offset.
 *
 * @param offset the one found; by time: the end where no record is at or after it
 * @param timestampMillis of the record found; -1 where none was asked for or found
 * @param logStart first offset that can be read
 * @param logEnd one above the last offset that can be read
 */
public record FoundOffset(long offset, long timestampMillis, long logStart, long logEnd) {}
