package io.millrace.replication;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * The sums that were taken last, and those who wait for some. Lives in memory: after a restart they are gone, and whoever asked takes new ones. Thread safe; bounded:
 * the oldest are forgotten.
 */
final class TakenSums {
    /** Each holds the rows of all partitions that have changed since. */
    static final int LIMIT = 4;

    @GuardedBy("this")
    private final Map<UUID, CompletableFuture<PartitionSums>> sums = new LinkedHashMap<>();

    /** By the apply thread. */
    void put(UUID id, PartitionSums taken) {
        future(id).complete(taken);
    }

    /** Completes once the replica has applied the entry that takes them; fails with OVERLOADED where many others are taken before. */
    CompletableFuture<PartitionSums> get(UUID id) {
        return future(id).copy();
    }

    private CompletableFuture<PartitionSums> future(UUID id) {
        CompletableFuture<PartitionSums> found;
        CompletableFuture<PartitionSums> forgotten = null;
        synchronized (this) {
            found = sums.computeIfAbsent(id, each -> new CompletableFuture<>());
            if (sums.size() > LIMIT) {
                UUID eldest = sums.keySet().iterator().next();
                forgotten = sums.remove(eldest);
            }
        }
        if (forgotten != null) {
            forgotten.completeExceptionally(
                    Fault.of(ErrorCode.OVERLOADED, "", "Too many compare the replicas of the shard at once. Try again.")
                            .asException());
        }
        return found;
    }
}
