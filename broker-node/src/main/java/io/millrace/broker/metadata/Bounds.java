package io.millrace.broker.metadata;

/** What a partition holds: offsets {@code [logStart, logEnd)}, and how much of it is live. */
public record Bounds(int partition, long logStart, long logEnd, long records, long bytes) {}
