package io.millrace.broker.fetch;

import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a consumer wants to read.
 *
 * @param minBytes wait until about so many are there
 * @param maxBytes of all parts together; a first batch goes out even where it alone is larger
 * @param waitNanos how long to wait at most
 */
public record FetchQuery(List<Part> parts, int minBytes, int maxBytes, long waitNanos) {
    public FetchQuery {
        parts = List.copyOf(parts);
    }

    /** @param topicId null: by name */
    public record Part(
            @Nullable UUID topicId,
            String topic,
            int partition,
            long offset,
            int maxBytes,
            @Nullable Fence fence) {}

    /** Read only while the group's owner epoch is this one. */
    public record Fence(String group, long ownerEpoch) {}
}
