package io.millrace.record;

import org.jspecify.annotations.Nullable;

/** A header of a record. A {@code null} value is not an empty one. */
public record RecordHeader(String key, byte @Nullable [] value) {}
