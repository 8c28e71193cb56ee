package io.millrace.replication.ratis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.error.Effect;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.replication.ReplicatedLog.Proposal;
import io.millrace.replication.ratis.Proposals.Pending;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class ProposalsTest {
    private final Proposals<String> proposals = new Proposals<>("shard/0");

    private Pending<String> add(long seq, long nowNanos) {
        return proposals.add(new Proposal(3, seq, new byte[0], 0, List.of()), nowNanos);
    }

    private static Pending<String> enter(Pending<String> pending, long index) {
        assertThat(pending.entering()).isTrue();
        pending.entered(index);
        return pending;
    }

    private static Fault fault(CompletableFuture<?> future) {
        assertThat(future).isCompletedExceptionally();
        try {
            future.join();
            throw new AssertionError("completed");
        } catch (CompletionException e) {
            if (e.getCause() instanceof FaultException fault) {
                return fault.fault();
            }
            throw new AssertionError("not a fault", e);
        }
    }

    @Test
    void completesTheProposalThatWasApplied() {
        Pending<String> first = enter(add(0, 0), 10);
        Pending<String> second = enter(add(1, 0), 11);
        proposals.applied(3, 1, 11, "second");
        proposals.applied(3, 0, 10, "first");
        assertThat(first.future()).isCompletedWithValue("first");
        assertThat(second.future()).isCompletedWithValue("second");
        assertThat(proposals.size()).isZero();
    }

    @Test
    void leavesAProposalOpenWhenAnotherEntryOfItsNumberIsApplied() {
        Pending<String> pending = enter(add(0, 0), 10);
        proposals.applied(2, 0, 10, "another term");
        proposals.applied(3, 0, 9, "another index");
        assertThat(pending.future()).isNotDone();
    }

    @Test
    void failsAsNotWrittenBeforeTheLogAndAsUnknownAfterIt() {
        Pending<String> before = add(0, 0);
        Pending<String> after = enter(add(1, 0), 10);
        proposals.failAll(ErrorCode.STOPPING, "stopping", null);
        assertThat(fault(before.future()).code()).isEqualTo(ErrorCode.STOPPING);
        assertThat(fault(before.future()).effect()).isEqualTo(Effect.NOT_WRITTEN);
        assertThat(fault(after.future()).code()).isEqualTo(ErrorCode.UNKNOWN_OUTCOME);
        assertThat(fault(after.future()).effect()).isEqualTo(Effect.UNKNOWN);
        assertThat(proposals.size()).isZero();
    }

    @Test
    void doesNotEnterTheLogAfterItFailed() {
        Pending<String> pending = add(0, 0);
        proposals.fail(pending, ErrorCode.NOT_LEADER, "lost", null);
        assertThat(pending.entering()).isFalse();
    }

    @Test
    void doesNotFailWhileItEntersTheLog() {
        Pending<String> pending = add(0, 0);
        assertThat(pending.entering()).isTrue();
        proposals.failAll(ErrorCode.STOPPING, "stopping", null);
        assertThat(pending.future()).isNotDone();
        pending.refused();
        proposals.fail(pending, ErrorCode.NOT_LEADER, "refused", null);
        assertThat(fault(pending.future()).effect()).isEqualTo(Effect.NOT_WRITTEN);
    }

    @Test
    void expiresWhatWaitsTooLong() {
        Pending<String> old = enter(add(0, 100), 10);
        Pending<String> young = add(1, 200);
        proposals.expire(150);
        assertThat(fault(old.future()).effect()).isEqualTo(Effect.UNKNOWN);
        assertThat(young.future()).isNotDone();
    }

    @Test
    void refusesMoreThanItsLimitAndTheSameTwice() {
        Pending<String> first = add(0, 0);
        assertThatThrownBy(() -> add(0, 0))
                .isInstanceOfSatisfying(
                        FaultException.class, e -> assertThat(e.fault().code()).isEqualTo(ErrorCode.NOT_LEADER));
        for (int seq = 1; seq < Proposals.LIMIT; seq++) {
            add(seq, 0);
        }
        assertThatThrownBy(() -> add(99, 0))
                .isInstanceOfSatisfying(
                        FaultException.class, e -> assertThat(e.fault().code()).isEqualTo(ErrorCode.OVERLOADED));
        assertThat(first.future()).isNotDone();
    }
}
