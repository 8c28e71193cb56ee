package io.millrace.replication.state;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Where a group stands in a partition, and who owns that place.
 *
 * @param offset the next offset to read
 * @param ownerEpoch 0: nobody has claimed it yet
 * @param owner member that claimed it; null: nobody
 * @param leaderEpoch of the last record before the offset; -1: not known
 * @param metadata of the last commit; at most {@link #MAX_METADATA_BYTES} in UTF-8
 * @param changedAtMicros shard time of the last init, commit or reset
 */
public record Position(
        long offset,
        long ownerEpoch,
        @Nullable UUID owner,
        int leaderEpoch,
        String metadata,
        long changedAtMicros,
        Origin origin) {
    public static final int MAX_METADATA_BYTES = 4096;

    /** How the offset came to be what it is. The numbers stand in rows and are for ever. */
    public enum Origin {
        INITIAL(1),
        COMMITTED(2),
        RESET(3),
        MIRRORED(4);

        private final int number;

        Origin(int number) {
            this.number = number;
        }

        public int number() {
            return number;
        }
    }
}
