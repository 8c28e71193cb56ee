package io.millrace.broker.verify;

import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A check of one replica.
 *
 * @param sums names the entry at which it is compared
 * @param topic null: all
 * @param deep read all that is stored
 * @param bytesPerSecond 0: as fast as can be
 * @param patience so long the replica may take until it has applied the entry
 */
public record CheckRequest(
        int shard, UUID sums, @Nullable UUID topic, boolean deep, long bytesPerSecond, Duration patience) {}
