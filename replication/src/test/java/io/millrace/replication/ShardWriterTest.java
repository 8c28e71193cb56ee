package io.millrace.replication;

import static io.millrace.replication.ShardRig.P0;
import static io.millrace.replication.ShardRig.P1;
import static io.millrace.replication.ShardRig.faultOf;
import static io.millrace.replication.ShardRig.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.error.Effect;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.record.LogRecord;
import io.millrace.replication.local.LocalReplicatedLog;
import io.millrace.replication.local.LocalReplicatedLog.Hook;
import io.millrace.replication.local.LocalReplicatedLog.Step;
import io.millrace.replication.state.AppendPart;
import io.millrace.replication.state.CommandResult;
import io.millrace.replication.state.EntryHeader;
import io.millrace.replication.state.EntryResult;
import io.millrace.replication.state.HeaderCodec;
import io.millrace.replication.state.PartitionId;
import io.millrace.replication.state.ShardCommand;
import io.millrace.testing.Seeds;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShardWriterTest {
    @TempDir
    Path directory;

    private static ShardConfig config(int entryBytes, int inFlight, long queueBytes, int requests) {
        return new ShardConfig(entryBytes, 1000, inFlight, queueBytes, requests, 0, 0, 10);
    }

    /** A shard with one partition, whose log waits from now on. */
    private ShardRig held(ShardConfig config, HeldLog[] log, LocalReplicatedLog<?>[] local) {
        ShardRig rig = new ShardRig(
                directory,
                config,
                made -> {
                    LocalReplicatedLog<EntryResult> driven = made.local(Hook.NONE);
                    local[0] = driven;
                    log[0] = new HeldLog(driven);
                    return log[0];
                },
                any -> any);
        CompletableFuture<CommandResult> created = rig.shard.execute(
                new ShardCommand.CreatePartitions(
                        List.of(new ShardCommand.NewPartition(P0, 0, 0), new ShardCommand.NewPartition(P1, 0, 0))),
                rig.soon());
        awaitWaiting(log[0], 1);
        log[0].release();
        get(created);
        return rig;
    }

    private static void awaitWaiting(HeldLog log, int count) {
        await().atMost(Duration.ofSeconds(20)).until(() -> log.waiting() == count);
    }

    private static EntryHeader header(HeldLog log, int proposal) {
        return HeaderCodec.decode(log.proposals().get(proposal).body());
    }

    @Test
    void proposesAtOnceWhenIdleAndGathersWhileEntriesAreInFlight() {
        HeldLog[] log = new HeldLog[1];
        try (ShardRig rig = held(config(4 << 20, 2, 1 << 20, 100), log, new LocalReplicatedLog<?>[1])) {
            CompletableFuture<Appended> first = rig.append(P0, TestBatches.plain("a"));
            awaitWaiting(log[0], 1);
            CompletableFuture<Appended> second = rig.append(P1, TestBatches.plain("b"));
            awaitWaiting(log[0], 2);
            CompletableFuture<Appended> third = rig.append(P0, TestBatches.plain("c"));
            CompletableFuture<Appended> fourth = rig.append(P1, TestBatches.plain("d"));
            CompletableFuture<Appended> fifth = rig.append(P0, TestBatches.plain("e"));
            await().until(() -> rig.shard.stats().queuedRequests() == 3);
            assertThat(log[0].waiting()).as("at most two in flight").isEqualTo(2);
            assertThat(rig.shard.stats().entriesInFlight()).isEqualTo(2);

            log[0].release();
            assertThat(get(first)).isEqualTo(new Appended(0, false, 0));
            awaitWaiting(log[0], 2);
            EntryHeader gathered = header(log[0], 3);
            assertThat(gathered.parts())
                    .as("side by side, in order")
                    .extracting(AppendPart::partition, AppendPart::baseOffset)
                    .containsExactly(
                            org.assertj.core.groups.Tuple.tuple(1, 1L),
                            org.assertj.core.groups.Tuple.tuple(1, 2L),
                            org.assertj.core.groups.Tuple.tuple(2, 1L));
            log[0].open();
            assertThat(List.of(get(second), get(third), get(fourth), get(fifth)))
                    .extracting(Appended::baseOffset)
                    .containsExactly(0L, 1L, 1L, 2L);
            assertThat(rig.values(P0)).containsExactly("a", "c", "e");
        }
    }

    @Test
    void splitsWhatWaitsIntoEntriesOfBoundedSize() {
        HeldLog[] log = new HeldLog[1];
        try (ShardRig rig = held(config(2500, 1, 1 << 20, 100), log, new LocalReplicatedLog<?>[1])) {
            List<CompletableFuture<Appended>> all = new ArrayList<>();
            all.add(rig.append(P0, TestBatches.ofBytes(5000)));
            awaitWaiting(log[0], 1);
            for (int i = 0; i < 5; i++) {
                all.add(rig.append(P0, TestBatches.ofBytes(1000)));
            }
            await().until(() -> rig.shard.stats().queuedRequests() == 5);
            log[0].open();
            all.forEach(ShardRig::get);
            assertThat(log[0].proposals())
                    .extracting(proposal ->
                            HeaderCodec.decode(proposal.body()).parts().size())
                    .containsExactly(0, 1, 2, 2, 1);
        }
    }

    @Test
    void refusesWhatItsQueueCannotHold() {
        HeldLog[] log = new HeldLog[1];
        try (ShardRig rig = held(config(4 << 20, 1, 3000, 100), log, new LocalReplicatedLog<?>[1])) {
            CompletableFuture<Appended> flying = rig.append(P0, TestBatches.ofBytes(1000));
            awaitWaiting(log[0], 1);
            CompletableFuture<Appended> waiting = rig.append(P0, TestBatches.ofBytes(2000));
            Fault fault = faultOf(rig.append(P0, TestBatches.ofBytes(2000)));
            assertThat(fault.code()).isEqualTo(ErrorCode.OVERLOADED);
            assertThat(fault.effect()).isEqualTo(Effect.NOT_WRITTEN);
            assertThat(fault.detail()).isInstanceOf(Fault.LimitHit.class);
            log[0].open();
            get(flying);
            get(waiting);
        }
    }

    @Test
    void refusesWhatIsUnproposedAtItsDeadline() {
        HeldLog[] log = new HeldLog[1];
        try (ShardRig rig = held(config(4 << 20, 1, 1 << 20, 100), log, new LocalReplicatedLog<?>[1])) {
            CompletableFuture<Appended> flying = rig.append(P0, TestBatches.plain("a"));
            awaitWaiting(log[0], 1);
            CompletableFuture<Appended> late = rig.append(P0, TestBatches.plain("b"));
            CompletableFuture<Appended> patient = rig.shard.append(
                    P0, TestBatches.plain("c"), rig.soon() + Duration.ofHours(1).toNanos());
            rig.time.advance(Duration.ofMinutes(1));
            CompletableFuture<Appended> poke = rig.append(P0, TestBatches.plain("d"));

            log[0].release();
            Fault fault = faultOf(late);
            assertThat(fault.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
            assertThat(fault.effect()).isEqualTo(Effect.NOT_WRITTEN);
            assertThat(get(flying).baseOffset()).as("it was proposed in time").isZero();
            log[0].open();
            assertThat(get(patient).baseOffset()).isEqualTo(1);
            assertThat(get(poke).baseOffset()).isEqualTo(2);
            assertThat(rig.values(P0)).containsExactly("a", "c", "d");
        }
    }

    @Test
    void leavesNoGapWhereEntriesAreRefused() {
        HeldLog[] log = new HeldLog[1];
        try (ShardRig rig = held(config(4 << 20, 2, 1 << 20, 100), log, new LocalReplicatedLog<?>[1])) {
            CompletableFuture<Appended> first = rig.append(P0, TestBatches.by(1, 0, 0, "a"));
            awaitWaiting(log[0], 1);
            CompletableFuture<Appended> second = rig.append(P0, TestBatches.by(1, 0, 1, "b"));
            awaitWaiting(log[0], 2);
            CompletableFuture<Appended> again = rig.append(P0, TestBatches.by(1, 0, 0, "a"));
            log[0].refuse();
            log[0].refuse();
            log[0].open();
            assertThat(get(first)).isEqualTo(new Appended(0, false, 0));
            assertThat(get(second)).isEqualTo(new Appended(1, false, 0));
            assertThat(get(again)).isEqualTo(new Appended(0, true, 0));
            assertThat(rig.values(P0)).containsExactly("a", "b");
        }
    }

    @Test
    void acknowledgesARepetitionOnlyOnceTheFirstCopyIsApplied() {
        HeldLog[] log = new HeldLog[1];
        try (ShardRig rig = held(config(4 << 20, 2, 1 << 20, 100), log, new LocalReplicatedLog<?>[1])) {
            CompletableFuture<Appended> first = rig.append(P0, TestBatches.by(1, 0, 0, "a"));
            awaitWaiting(log[0], 1);
            CompletableFuture<Appended> again = rig.append(P0, TestBatches.by(1, 0, 0, "a"));
            await().until(() -> rig.shard.stats().queuedRequests() == 0);
            assertThat(again).isNotDone();
            log[0].release();
            assertThat(get(first)).isEqualTo(new Appended(0, false, 0));
            assertThat(get(again)).isEqualTo(new Appended(0, true, 0));
        }
    }

    @Test
    void saysUnknownAfterTheProposalAndGoesOnFromWhatWasApplied() {
        HeldLog[] log = new HeldLog[1];
        try (ShardRig rig = held(config(4 << 20, 1, 1 << 20, 100), log, new LocalReplicatedLog<?>[1])) {
            CompletableFuture<Appended> lost = rig.append(P0, TestBatches.by(1, 0, 0, "a"));
            awaitWaiting(log[0], 1);
            CompletableFuture<Appended> next = rig.append(P0, TestBatches.by(1, 0, 1, "b"));
            log[0].loseAfterApply();
            assertThat(faultOf(lost).effect()).isEqualTo(Effect.UNKNOWN);
            log[0].open();
            assertThat(get(next)).isEqualTo(new Appended(1, false, 0));
            assertThat(get(rig.append(P0, TestBatches.by(1, 0, 0, "a")))).isEqualTo(new Appended(0, true, 0));
            assertThat(rig.values(P0)).containsExactly("a", "b");
        }
    }

    @Test
    void startsFromTheAppliedStateInANewTerm() {
        HeldLog[] log = new HeldLog[1];
        LocalReplicatedLog<?>[] local = new LocalReplicatedLog<?>[1];
        try (ShardRig rig = held(config(4 << 20, 2, 1 << 20, 100), log, local)) {
            CompletableFuture<Appended> lost = rig.append(P0, TestBatches.by(1, 0, 0, "a"));
            awaitWaiting(log[0], 1);
            local[0].bumpTerm();
            CompletableFuture<Appended> next = rig.append(P0, TestBatches.by(1, 0, 0, "a"));
            awaitWaiting(log[0], 2);
            log[0].open();
            Fault fault = faultOf(lost);
            assertThat(fault.effect()).as("its entry is of an old term").isEqualTo(Effect.NOT_WRITTEN);
            assertThat(get(next)).isEqualTo(new Appended(0, false, 0));
            assertThat(rig.shard.epochs(P0))
                    .extracting(epoch -> epoch.leaderEpoch())
                    .containsExactly(2);
        }
    }

    @Test
    void answersNotWrittenWhereItDoesNotLead() {
        LocalReplicatedLog<?>[] local = new LocalReplicatedLog<?>[1];
        HeldLog[] log = new HeldLog[1];
        try (ShardRig rig = held(config(4 << 20, 2, 1 << 20, 100), log, local)) {
            log[0].open();
            local[0].loseLeadership();
            Fault fault = faultOf(rig.append(P0, TestBatches.plain("a")));
            assertThat(fault.code()).isEqualTo(ErrorCode.SHARD_UNAVAILABLE);
            assertThat(fault.effect()).isEqualTo(Effect.NOT_WRITTEN);
            local[0].bumpTerm();
            assertThat(get(rig.append(P0, TestBatches.plain("a"))).baseOffset()).isZero();
        }
    }

    @Test
    void failsWhatWaitsAndSettlesWhatFliesWhenClosed() throws Exception {
        HeldLog[] log = new HeldLog[1];
        ShardRig rig = held(config(4 << 20, 1, 1 << 20, 100), log, new LocalReplicatedLog<?>[1]);
        CompletableFuture<Appended> flying = rig.append(P0, TestBatches.plain("a"));
        awaitWaiting(log[0], 1);
        CompletableFuture<Appended> waiting = rig.append(P0, TestBatches.plain("b"));
        Thread closer = new Thread(rig::close);
        closer.start();
        Fault fault = faultOf(waiting);
        assertThat(fault.code()).isEqualTo(ErrorCode.STOPPING);
        assertThat(fault.effect()).isEqualTo(Effect.NOT_WRITTEN);
        log[0].open();
        assertThat(get(flying).baseOffset()).isZero();
        closer.join(20_000);
        assertThat(closer.isAlive()).isFalse();
    }

    @Test
    void quarantinesTheShardWhereAnEntryCannotBeApplied() {
        HeldLog[] log = new HeldLog[1];
        LocalReplicatedLog<?>[] local = new LocalReplicatedLog<?>[1];
        ShardRig rig = held(config(4 << 20, 1, 1 << 20, 100), log, local);
        CompletableFuture<Appended> flying = rig.append(P0, TestBatches.plain("a"));
        awaitWaiting(log[0], 1);
        ReplicatedLog.Proposal sound = log[0].proposals().get(1);
        assertThat(local[0].propose(new ReplicatedLog.Proposal(1, 1, new byte[] {9}, 0, List.of())))
                .isCompletedExceptionally();
        assertThat(sound.body()).isNotEmpty();
        Fault fault = faultOf(rig.append(P0, TestBatches.plain("b")));
        assertThat(fault.code()).isEqualTo(ErrorCode.SHARD_UNAVAILABLE);
        assertThat(fault.message()).contains("quarantined");
        assertThat(Objects.requireNonNull(rig.shard.unavailable()).message()).contains("quarantined");
        assertThat(rig.shard.leadership().leading()).isFalse();
        log[0].open();
        assertThat(flying).failsWithin(Duration.ofSeconds(20));
        rig.close();
    }

    /** Each n-th proposal is refused; producers send again what they do not know to be written. */
    @Seeds(5)
    void keepsTheOrderOfEachProducerWhateverIsRefused(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        try (ShardRig rig = new ShardRig(directory.resolve(Long.toString(seed)), Hook.refuseEvery(random.nextInt(2, 5)))
                .withPartitions(P0, P1)) {
            List<Deque<CompletableFuture<Appended>>> open = List.of(new ArrayDeque<>(), new ArrayDeque<>());
            int[] sequence = new int[2];
            int[] acked = new int[2];
            for (int step = 0; step < 150; step++) {
                int producer = random.nextInt(2);
                PartitionId id = producer == 0 ? P0 : P1;
                int next = sequence[producer]++;
                open.get(producer).add(rig.append(id, TestBatches.by(producer, 0, next, "v" + next)));
                if (random.nextInt(5) == 0) {
                    rig.local().bumpTerm();
                }
                while (open.get(producer).size() > 4) {
                    acked[producer] = settle(rig, id, producer, acked[producer], open.get(producer));
                }
            }
            for (int producer = 0; producer < 2; producer++) {
                PartitionId id = producer == 0 ? P0 : P1;
                while (!open.get(producer).isEmpty()) {
                    acked[producer] = settle(rig, id, producer, acked[producer], open.get(producer));
                }
                List<String> expected = new ArrayList<>();
                for (int i = 0; i < sequence[producer]; i++) {
                    expected.add("v" + i);
                }
                assertThat(rig.values(id)).isEqualTo(expected);
            }
        }
    }

    /** Waits for the oldest, and sends it and all younger ones again where it failed. Returns the next sequence to be acknowledged. */
    private static int settle(
            ShardRig rig, PartitionId id, int producer, int next, Deque<CompletableFuture<Appended>> open) {
        try {
            assertThat(get(open.getFirst()).baseOffset()).isEqualTo(next);
            open.removeFirst();
            return next + 1;
        } catch (CompletionException e) {
            assertThat(e.getCause()).isInstanceOf(FaultException.class);
            int count = open.size();
            for (CompletableFuture<Appended> each : open) {
                each.handle((value, failure) -> "settled").join();
            }
            open.clear();
            for (int i = 0; i < count; i++) {
                open.add(rig.append(id, TestBatches.by(producer, 0, next + i, "v" + (next + i))));
            }
            return next;
        }
    }

    @Test
    void refusesACommandThatNoEntryHolds() {
        try (ShardRig rig = new ShardRig(directory)) {
            List<ShardCommand.NewPartition> many = new ArrayList<>();
            for (int number = 0; number < 10_000; number++) {
                many.add(new ShardCommand.NewPartition(new PartitionId(new UUID(3, 3), number), 0, 0));
            }
            Fault fault = faultOf(rig.shard.execute(new ShardCommand.CreatePartitions(many), rig.soon()));
            assertThat(fault.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
            assertThat(rig.execute(new ShardCommand.CreatePartitions(many.subList(0, 1000))))
                    .isInstanceOf(CommandResult.PartitionsCreated.class);
        }
    }

    @Test
    void crashesLeaveWhatWasAppliedAndSayUnknown() {
        try (ShardRig rig = new ShardRig(directory, Hook.crashAt(Step.APPLIED, 2)).withPartitions(P0)) {
            assertThat(faultOf(rig.append(P0, TestBatches.plain("a"))).effect()).isEqualTo(Effect.UNKNOWN);
            List<LogRecord> records = rig.records(P0, 0, 1000);
            assertThat(records).hasSize(1);
        }
    }
}
