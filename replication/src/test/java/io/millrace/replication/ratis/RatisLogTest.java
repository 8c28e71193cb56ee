package io.millrace.replication.ratis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.error.Effect;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.replication.Leadership;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RatisLogTest {
    @TempDir
    Path directory;

    private static long index(CompletableFuture<Long> result) throws Exception {
        return result.get(20, TimeUnit.SECONDS);
    }

    private static Fault fault(CompletableFuture<?> future) throws Exception {
        try {
            throw new AssertionError("completed with " + future.get(20, TimeUnit.SECONDS));
        } catch (ExecutionException e) {
            if (e.getCause() instanceof FaultException fault) {
                return fault.fault();
            }
            throw new AssertionError("not a fault", e);
        }
    }

    private static List<String> names(int from, int to) {
        return IntStream.range(from, to).mapToObj(i -> "e" + i).toList();
    }

    private static void proposeAll(TestShard shard, int from, int to) throws Exception {
        List<CompletableFuture<Long>> results = new ArrayList<>();
        for (int i = from; i < to; i++) {
            results.add(shard.propose("e" + i, i % 3 * 700));
        }
        long last = -1;
        for (CompletableFuture<Long> each : results) {
            long index = index(each);
            assertThat(index).isGreaterThan(last);
            last = index;
        }
    }

    @Test
    void appliesProposalsInOrderWithTheirPayloadsAndAgainAfterARestart() throws Exception {
        try (TestShard shard = TestShard.open(directory)) {
            proposeAll(shard, 0, 40);
            assertThat(shard.applied()).isEqualTo(names(0, 40));
            assertThat(shard.machine.leaderships).last().isEqualTo(new Leadership(shard.term(), true, "b1-1"));
        }
        long term;
        try (TestShard shard = TestShard.open(directory)) {
            term = shard.term();
            assertThat(shard.applied()).isEqualTo(names(0, 40)); // before it leads
            proposeAll(shard, 40, 50);
            shard.log().checkpointed(shard.machine.checkpoint());
        }
        try (TestShard shard = TestShard.open(directory)) {
            assertThat(shard.term()).isGreaterThan(term);
            assertThat(shard.applied()).isEqualTo(names(0, 50));
            assertThat(shard.failStops).isEmpty();
        }
    }

    @Test
    void refusesEveryThirdProposalWithoutLeavingAGap() throws Exception {
        try (TestShard shard = TestShard.open(directory)) {
            for (int i = 0; i < 30; i++) {
                if (i % 3 == 0) {
                    shard.machine.admitting = false;
                    Fault refused = fault(shard.propose("refused", 100));
                    assertThat(refused.code()).isEqualTo(ErrorCode.NOT_LEADER);
                    assertThat(refused.effect()).isEqualTo(Effect.NOT_WRITTEN);
                    shard.machine.admitting = true;
                    shard.stepBack();
                }
                index(shard.propose("e" + i, 100));
            }
            assertThat(shard.applied()).isEqualTo(names(0, 30));
        }
    }

    @Test
    void refusesAnotherTermAndANumberThatIsNotNext() throws Exception {
        try (TestShard shard = TestShard.open(directory)) {
            index(shard.propose("e0", 0));
            long term = shard.term();
            for (var wrong : List.of(
                    TestShard.proposal(term - 1, 1, "old", 0),
                    TestShard.proposal(term + 1, 0, "new", 0),
                    TestShard.proposal(term, 2, "gap", 10),
                    TestShard.proposal(term, 0, "again", 10))) {
                Fault refused = fault(shard.log().propose(wrong));
                assertThat(refused.code()).isEqualTo(ErrorCode.NOT_LEADER);
                assertThat(refused.effect()).isEqualTo(Effect.NOT_WRITTEN);
            }
            index(shard.propose("e1", 0));
            assertThat(shard.applied()).isEqualTo(names(0, 2));
        }
    }

    @Test
    void refusesABodyThatIsTooLarge() throws Exception {
        try (TestShard shard = TestShard.open(directory)) {
            Fault refused = fault(shard.propose("x".repeat(RatisSettings.MAX_BODY_BYTES + 1), 0));
            assertThat(refused.effect()).isEqualTo(Effect.NOT_WRITTEN);
            shard.stepBack();
            index(shard.propose("e0", 0));
        }
    }

    @Test
    void completesEveryFutureWhenItIsClosedDuringProposals() throws Exception {
        List<CompletableFuture<Long>> results = new ArrayList<>();
        TestShard shard = TestShard.open(directory);
        Thread closer = new Thread(shard::close);
        for (int i = 0; i < 3_000; i++) {
            if (i == 300) {
                closer.start();
            }
            CompletableFuture<Long> result = shard.propose("e" + i, 50);
            results.add(result);
            if (i % 4 == 0) {
                var unused = result.handle((index, e) -> 0).get(20, TimeUnit.SECONDS);
            }
        }
        closer.join(30_000);
        assertThat(closer.isAlive()).isFalse();

        int completed = 0;
        for (CompletableFuture<Long> each : results) {
            assertThat(each).isDone();
            if (each.isCompletedExceptionally()) {
                assertThat(fault(each).code())
                        .isIn(ErrorCode.STOPPING, ErrorCode.NOT_LEADER, ErrorCode.UNKNOWN_OUTCOME);
            } else {
                completed++;
            }
        }
        assertThat(completed).isGreaterThanOrEqualTo(300);
        assertThat(shard.failStops).isEmpty();
        try (TestShard again = TestShard.open(directory)) {
            assertThat(again.applied()).hasSizeGreaterThanOrEqualTo(completed);
            assertThat(again.applied()).isEqualTo(names(0, again.applied().size()));
        }
    }

    /** What Raft had forced when a payload was forced, and when a proposal completed. */
    private record Seen(String what, long index, long raftFlushed) {}

    @Test
    void forcesThePayloadThenTheHeaderThenCompletes() throws Exception {
        List<Seen> seen = new CopyOnWriteArrayList<>();
        RatisLog<?>[] log = new RatisLog<?>[1];
        long[] appended = {-1};
        try (TestShard shard = TestShard.open(directory, call -> {
            if (call.startsWith("append ")) {
                appended[0] = Long.parseLong(call.substring(7));
            } else if (log[0] != null && call.equals("flush")) {
                seen.add(new Seen(call, appended[0], log[0].flushedIndex()));
            }
        })) {
            log[0] = (RatisLog<?>) shard.log();
            for (int i = 0; i < 20; i++) {
                index(shard.propose("e" + i, 100)
                        .whenComplete((index, e) ->
                                seen.add(new Seen("complete", index == null ? -1 : index, log[0].flushedIndex()))));
            }
        }
        List<Seen> completions =
                seen.stream().filter(each -> each.what().equals("complete")).toList();
        assertThat(completions).hasSize(20);
        for (Seen completion : completions) {
            assertThat(completion.raftFlushed()).isGreaterThanOrEqualTo(completion.index());
            assertThat(seen.subList(0, seen.indexOf(completion)))
                    .as("payload of %s forced before its header", completion)
                    .anyMatch(each -> each.what().equals("flush")
                            && each.index() == completion.index()
                            && each.raftFlushed() < completion.index());
        }
    }

    @Test
    void stopsTheNodeWhenAPayloadCannotBeForced() throws Exception {
        boolean[] failing = {false};
        try (TestShard shard = TestShard.open(directory, call -> {
            if (failing[0] && call.equals("flush")) {
                throw new IllegalStateException("the disk is gone");
            }
        })) {
            index(shard.propose("e0", 100));
            failing[0] = true;
            CompletableFuture<Long> lost = shard.propose("e1", 100);
            await().untilAsserted(() -> assertThat(shard.failStops).isNotEmpty());
            assertThat(shard.applied()).isEqualTo(names(0, 1));
            assertThat(lost.isDone() && !lost.isCompletedExceptionally()).isFalse();
            failing[0] = false;
        }
    }

    @Test
    void quarantinesAShardWhoseApplyFails() throws Exception {
        try (TestShard shard = TestShard.open(directory)) {
            index(shard.propose("e0", 100));
            shard.machine.applyFailure = new IllegalStateException("damaged");
            assertThat(fault(shard.propose("e1", 100)).effect()).isEqualTo(Effect.UNKNOWN);
            assertThat(shard.quarantined()).containsKey(0);
            assertThat(shard.log().leadership().leading()).isFalse();
            Fault refused = fault(shard.propose("e2", 100));
            assertThat(refused.code()).isEqualTo(ErrorCode.SHARD_UNAVAILABLE);
            assertThat(refused.effect()).isEqualTo(Effect.NOT_WRITTEN);
        }
    }

    @Test
    void startsTheOtherShardWhenOneIsDamaged() throws Exception {
        Path good = directory.resolve("good");
        Path bad = directory.resolve("bad");
        TestShard.openTwo(good, bad).close();
        Files.writeString(TestShard.segments(bad, 1).resolve("log_inprogress_0"), "not a Raft log");

        try (TestShard shard = TestShard.openTwo(good, bad)) {
            assertThat(shard.quarantined()).containsOnlyKeys(1);
            assertThatThrownBy(() -> shard.host().log(1))
                    .isInstanceOfSatisfying(
                            FaultException.class,
                            e -> assertThat(e.fault().code()).isEqualTo(ErrorCode.SHARD_UNAVAILABLE));
            index(shard.propose("e0", 100));
        }
    }

    @Test
    void purgesWholeSegmentsThatAreDurableElsewhere() throws Exception {
        for (int i = 0; i < 3; i++) { // a segment ends with its term
            try (TestShard shard = TestShard.open(directory)) {
                proposeAll(shard, i * 5, i * 5 + 5);
            }
        }
        try (TestShard shard = TestShard.open(directory)) {
            assertThat(shard.log().firstIndex()).isZero();
            long durable = shard.machine.checkpoint();
            shard.log().checkpointed(durable);
            await().untilAsserted(() -> assertThat(shard.log().firstIndex()).isBetween(15L, durable));
            proposeAll(shard, 15, 20);
        }
        try (TestShard shard = TestShard.open(directory)) {
            assertThat(shard.applied()).isEqualTo(names(0, 20));
        }
    }
}
