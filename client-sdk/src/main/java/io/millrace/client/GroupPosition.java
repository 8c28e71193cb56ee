package io.millrace.client;

import java.time.Instant;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What a group has committed on a partition.
 *
 * @param position the next offset to read; -1 where the group has none on this partition
 * @param leaderEpoch of the last record before it; -1: not known
 * @param committedAt {@code null} where nobody has committed yet
 */
public record GroupPosition(
        TopicPartition topicPartition,
        long position,
        long ownerEpoch,
        Origin origin,
        int leaderEpoch,
        String metadata,
        @Nullable Instant committedAt,
        long logStart,
        long logEnd) {

    /** How the position came to be. */
    public enum Origin {
        NONE,
        INITIAL,
        COMMITTED,
        RESET,
        MIRRORED
    }

    /** Offsets between the position and the end; never negative; empty without a position. */
    public OptionalLong lag() {
        return position < 0
                ? OptionalLong.empty()
                : OptionalLong.of(Math.max(0, logEnd - Math.max(position, logStart)));
    }
}
