package io.millrace.broker.host;

import io.millrace.replication.Shard;
import io.millrace.storage.log.SegmentedShardLog;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What must be done now and then for shards that serve. Every second each shard log is asked whether a write or force hangs, which stops
 * the node in the end. Every {@link #CHECKPOINT_EVERY} a shard that has applied something since is checkpointed: its index is made durable, so that a start
 * replays little, its Raft log is purged, and segment files without a live byte are deleted. Every few seconds it looks for segment files that are
 * mostly dead, and moves what is live out of them.
 *
 * <p>Three threads of its own: a checkpoint that hangs on the disk must not keep the watch from seeing it, and rewriting takes its time.
 */
public final class Upkeep implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);

    /** Also about what a start after a crash applies again. */
    static final Duration CHECKPOINT_EVERY = Duration.ofSeconds(10);

    private static final Duration WATCH_EVERY = Duration.ofSeconds(1);
    private static final Duration REWRITE_EVERY = Duration.ofSeconds(2);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

    private final List<Shard> shards;
    private final List<SegmentedShardLog> logs;
    private final LongSupplier nanos;
    private final Settings settings;
    private final RatePace pace;
    private final ScheduledExecutorService threads;

    /** A file seen dead by one checkpoint is deleted by the next, a few at a time, so an idle shard gets some more. */
    private static final int CHECKPOINTS_WHEN_IDLE = 2;

    // Of the checkpoint task alone: up to where each shard was checkpointed, how many more it is due, and what was
    // wrong with it last.
    private final Map<Integer, Long> checkpointed = new HashMap<>();
    private final Map<Integer, Integer> due = new HashMap<>();
    private final Map<Integer, Long> movedFiles = new HashMap<>();
    private final Map<Integer, String> trouble = new HashMap<>();

    // Of the rewrite task alone.
    private final Map<Integer, String> rewriteTrouble = new HashMap<>();

    /**
     * How much rewriting may take.
     *
     * @param reserveBytes of free space that it leaves
     * @param rewriteRate bytes per second
     */
    public record Settings(long reserveBytes, long rewriteRate) {}

    private Upkeep(
            List<Shard> shards,
            List<SegmentedShardLog> logs,
            Settings settings,
            LongSupplier nanos,
            ThreadFactory threads) {
        this.shards = shards;
        this.logs = logs;
        this.settings = settings;
        this.nanos = nanos;
        this.pace = new RatePace(settings.rewriteRate(), nanos);
        this.threads = Executors.newScheduledThreadPool(3, threads);
    }

    /** @param nanos the monotonic clock */
    public static Upkeep start(OpenShards shards, Settings settings, LongSupplier nanos, ThreadFactory threads) {
        Upkeep upkeep = new Upkeep(shards.shards(), shards.logs(), settings, nanos, threads);
        upkeep.every(WATCH_EVERY, upkeep::watch);
        upkeep.every(CHECKPOINT_EVERY, upkeep::checkpoint);
        upkeep.every(REWRITE_EVERY, upkeep::rewrite);
        return upkeep;
    }

    private void every(Duration pause, Runnable task) {
        var unused = threads.scheduleWithFixedDelay(task, pause.toMillis(), pause.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void watch() {
        for (SegmentedShardLog log : logs) {
            try {
                log.watch(nanos.getAsLong());
            } catch (RuntimeException e) {
                // An escaping exception would end the watch for good.
                LOG.error("Watching the disk of {} failed; it is tried again", log, e);
            }
        }
    }

    /** A shard that cannot be checkpointed is tried again; it says itself why it does not serve. */
    void checkpoint() {
        for (Shard shard : shards) {
            try {
                long applied = shard.stats().appliedIndex();
                long files = shard.stats().movedFiles();
                boolean moved = applied > checkpointed.getOrDefault(shard.id(), -1L)
                        || files > movedFiles.getOrDefault(shard.id(), 0L);
                int left = moved ? 1 + CHECKPOINTS_WHEN_IDLE : due.getOrDefault(shard.id(), 0);
                if (left > 0) {
                    int deleted = shard.checkpoint();
                    checkpointed.put(shard.id(), applied);
                    movedFiles.put(shard.id(), files);
                    due.put(shard.id(), deleted > 0 ? CHECKPOINTS_WHEN_IDLE : left - 1);
                }
                trouble.remove(shard.id());
            } catch (RuntimeException e) {
                // Said once for each reason, and tried again: an escaping exception would end the checkpoints for good.
                if (isNew(trouble, shard, e)) {
                    LOG.warn("Shard {} could not be checkpointed; it is tried again", shard.id(), e);
                }
            }
        }
    }

    private void rewrite() {
        for (Shard shard : shards) {
            try {
                while (shard.rewrite(settings.reserveBytes(), pace)) {
                    // There may be more that is mostly dead.
                }
                rewriteTrouble.remove(shard.id());
            } catch (RuntimeException e) {
                if (isNew(rewriteTrouble, shard, e)) {
                    LOG.warn("Mostly dead files of shard {} could not be rewritten; it is tried again", shard.id(), e);
                }
            }
        }
    }

    private static boolean isNew(Map<Integer, String> known, Shard shard, RuntimeException e) {
        String reason = String.valueOf(e.getMessage());
        return !reason.equals(known.put(shard.id(), reason));
    }

    @Override
    public void close() {
        pace.stop();
        threads.shutdown();
        try {
            if (!threads.awaitTermination(CLOSE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("A checkpoint still runs after {}", CLOSE_TIMEOUT);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
