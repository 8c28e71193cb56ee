package io.millrace.broker.verify;

import io.millrace.broker.metadata.ClusterImage;
import io.millrace.broker.metadata.ShardCommands;
import io.millrace.broker.metadata.ShardEntry;
import io.millrace.broker.metadata.Topic;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.replication.state.ShardCommand;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Compares the replicas of data shards, one shard after the other: an entry goes through the shard's log at which each replica takes note of what it holds, then all are asked for their
 * notes. That is exact however fast the shard is written. Thread safe; a run blocks for as long as it takes.
 */
public final class Verification {
    private static final Duration ENTRY_TIMEOUT = Duration.ofSeconds(10);

    /** A replica that is further behind was not compared. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final int RUNS_AT_ONCE = 2;
    private static final int ATTEMPTS = 3;

    private final Supplier<ClusterImage> image;
    private final ShardCommands commands;
    private final Replicas replicas;
    private final Executor executor;
    private final RandomGenerator random;
    private final LongSupplier nanos;
    private final Semaphore runs = new Semaphore(RUNS_AT_ONCE);

    /** Has a replica checked, here or elsewhere; blocks. Throws {@link FaultException}. */
    public interface Replicas {
        void check(int broker, CheckRequest request, CheckSink sink);
    }

    /** Hears how a run goes: one call at a time, of any thread. */
    public interface Listener {
        /** @param shardDone of the shard that is looked at, how much is read: 0 to 1 */
        void progress(int shardsDone, int shards, long bytesRead, double shardDone);

        void damaged(int shard, int broker, DamagedRun run);

        /** It was damaged, and its broker has fetched it again since its start. */
        void repaired(int shard, int broker, DamagedRun run);

        void verdict(ShardVerdict verdict);

        /** Nobody wants to know any more. */
        boolean isCancelled();
    }

    /** @param executor runs one task for each replica of a shard, which blocks */
    public Verification(
            Supplier<ClusterImage> image,
            ShardCommands commands,
            Replicas replicas,
            Executor executor,
            RandomGenerator random,
            LongSupplier nanos) {
        this.image = image;
        this.commands = commands;
        this.replicas = replicas;
        this.executor = executor;
        this.random = random;
        this.nanos = nanos;
    }

    /**
     * Compares all data shards, or those of a topic. Faults: OVERLOADED. What goes wrong with a shard stands in its verdict.
     *
     * @param topic null: all
     * @param deep read all that is stored, on every replica
     * @param bytesPerSecond of each replica; 0: as fast as can be
     */
    public void run(@Nullable Topic topic, boolean deep, long bytesPerSecond, Listener listener) {
        if (!runs.tryAcquire()) {
            throw Fault.of(
                            ErrorCode.OVERLOADED,
                            "",
                            RUNS_AT_ONCE + " verifications run already at this broker. Try again later.")
                    .asException();
        }
        try {
            ClusterImage seen = image.get();
            List<ShardEntry> shards = seen.shards().values().stream()
                    .filter(each -> each.kind() == ShardEntry.Kind.DATA)
                    .filter(each -> topic == null || topic.shards().contains(each.id()))
                    .toList();
            ShardRun.Totals totals = new ShardRun.Totals(shards.size(), listener);
            for (ShardEntry shard : shards) {
                if (listener.isCancelled()) {
                    return;
                }
                totals.end(verdict(shard, topic == null ? null : topic.id(), deep, bytesPerSecond, totals));
            }
        } finally {
            runs.release();
        }
    }

    private ShardVerdict verdict(
            ShardEntry shard, @Nullable UUID topic, boolean deep, long bytesPerSecond, ShardRun.Totals totals) {
        ShardVerdict verdict;
        int attempt = 0;
        do {
            UUID id = new UUID(random.nextLong(), random.nextLong());
            CheckRequest request = new CheckRequest(shard.id(), id, topic, deep, bytesPerSecond, PATIENCE);
            List<ReplicaAnswer> answers = answers(shard, request, totals);
            verdict = Comparison.of(shard.id(), deep, answers);
            attempt++;
            // An entry that was proposed twice may have been noted at different places.
        } while (verdict.agreement() == ShardVerdict.Agreement.INCOMPLETE
                && verdict.raftIndex() >= 0
                && verdict.replicas().stream().anyMatch(each -> each.problem().equals(Comparison.ELSEWHERE))
                && attempt < ATTEMPTS);
        return verdict;
    }

    private List<ReplicaAnswer> answers(ShardEntry shard, CheckRequest request, ShardRun.Totals totals) {
        try {
            commands.execute(
                    shard.id(),
                    new ShardCommand.TakeSums(request.sums()),
                    "shard/" + shard.id(),
                    nanos.getAsLong() + ENTRY_TIMEOUT.toNanos());
        } catch (FaultException e) {
            return shard.replicas().stream()
                    .map(broker -> ReplicaAnswer.none(
                            broker, e.fault().code() + ": " + e.fault().message()))
                    .toList();
        }
        ShardRun run = new ShardRun(shard, totals);
        List<CompletableFuture<ReplicaAnswer>> asked = new ArrayList<>();
        for (int broker : shard.replicas()) {
            asked.add(CompletableFuture.supplyAsync(() -> ask(broker, request, run.replica(broker)), executor));
        }
        return asked.stream().map(CompletableFuture::join).toList();
    }

    private ReplicaAnswer ask(int broker, CheckRequest request, ShardRun.Replica replica) {
        try {
            replicas.check(broker, request, replica);
            return replica.answer("");
        } catch (FaultException e) {
            return replica.answer(e.fault().code() + ": " + e.fault().message());
        }
    }
}
