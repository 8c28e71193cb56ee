package io.millrace.client;

import org.jspecify.annotations.Nullable;

/**
 * Told once how a record ended. Called on a thread of the producer: return soon and do not block, above all not in {@link Producer#flush} or in
 * a {@link Producer#send} that may wait for room.
 */
@FunctionalInterface
public interface SendCallback {
    /** Exactly one of the two is {@code null}. */
    void onCompletion(@Nullable RecordMetadata metadata, @Nullable MillraceException error);
}
