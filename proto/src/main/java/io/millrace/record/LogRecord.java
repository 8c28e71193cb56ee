package io.millrace.record;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One record as a batch holds it. Arrays are not copied: whoever hands one over does not change it afterwards.
 *
 * @param timestamp milliseconds since the epoch
 */
public record LogRecord(
        long offset, long timestamp, byte @Nullable [] key, byte @Nullable [] value, List<RecordHeader> headers) {}
