package io.millrace.broker.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.verify.ShardVerdict.Agreement;
import io.millrace.replication.state.PartitionId;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ComparisonTest {
    private static final PartitionId ID = new PartitionId(new UUID(1, 2), 0);

    private static PartitionSum sum(long logEnd, long checksum, long checksumFrom) {
        return new PartitionSum(ID, 0, 0, logEnd, logEnd, logEnd * 100, checksum, checksumFrom);
    }

    private static ReplicaAnswer shallow(int broker, PartitionSum sum) {
        return new ReplicaAnswer(broker, "", 77, Map.of(ID, sum), Map.of(), List.of(), 0, 0);
    }

    private static ReplicaAnswer deep(int broker, PartitionSum sum, boolean isWhole, long stored, DamagedRun... runs) {
        return new ReplicaAnswer(
                broker,
                "",
                77,
                Map.of(ID, sum),
                Map.of(ID, new StoredSum(ID, isWhole, stored)),
                List.of(runs),
                1000,
                0);
    }

    private static Agreement agreement(boolean deep, ReplicaAnswer... answers) {
        return Comparison.of(3, deep, List.of(answers)).agreement();
    }

    @Test
    void equalReplicasAreEqual() {
        ShardVerdict verdict = Comparison.of(
                3, false, List.of(shallow(1, sum(9, 5, 0)), shallow(2, sum(9, 5, 0)), shallow(3, sum(9, 5, 0))));
        assertThat(verdict.agreement()).isEqualTo(Agreement.EQUAL);
        assertThat(verdict.records()).isEqualTo(9);
        assertThat(verdict.raftIndex()).isEqualTo(77);
        assertThat(verdict.replicas()).extracting(ReplicaVerdict::broker).containsExactly(1, 2, 3);
        assertThat(agreement(true, deep(1, sum(9, 5, 0), true, 5), deep(2, sum(9, 5, 0), true, 5)))
                .isEqualTo(Agreement.EQUAL);
    }

    @Test
    void whateverDiffersIsNamed() {
        assertThat(agreement(false, shallow(1, sum(9, 5, 0)), shallow(2, sum(10, 5, 0))))
                .isEqualTo(Agreement.DIFFERENT);
        assertThat(agreement(false, shallow(1, sum(9, 5, 0)), shallow(2, sum(9, 6, 0))))
                .isEqualTo(Agreement.DIFFERENT);
        ReplicaAnswer nothing = new ReplicaAnswer(2, "", 77, Map.of(), Map.of(), List.of(), 0, 0);
        ShardVerdict verdict = Comparison.of(3, false, List.of(shallow(1, sum(9, 5, 0)), nothing));
        assertThat(verdict.agreement()).isEqualTo(Agreement.DIFFERENT);
        assertThat(verdict.differences()).singleElement().satisfies(each -> {
            assertThat(each.id()).isEqualTo(ID);
            assertThat(each.replicas().keySet()).containsExactly(1, 2);
        });
    }

    @Test
    void whatIsStoredIsHeldAgainstWhatWasAppended() {
        assertThat(agreement(true, deep(1, sum(9, 5, 0), true, 6), deep(2, sum(9, 5, 0), true, 6)))
                .as("both store the same, but not what was appended")
                .isEqualTo(Agreement.DIFFERENT);
        PartitionSum later = sum(9, 5, 4);
        assertThat(agreement(true, deep(1, later, true, 6), deep(2, later, true, 6)))
                .as("a checksum that does not cover all of it")
                .isEqualTo(Agreement.EQUAL);
        assertThat(agreement(true, deep(1, later, true, 6), deep(2, later, true, 7)))
                .isEqualTo(Agreement.DIFFERENT);
    }

    @Test
    void damageIsNoDifference() {
        DamagedRun run = new DamagedRun(ID, 3, 5, 2, 8, 0, 4096, "wrong checksum");
        ShardVerdict verdict =
                Comparison.of(3, true, List.of(deep(1, sum(9, 5, 0), true, 5), deep(2, sum(9, 5, 0), false, 0, run)));
        assertThat(verdict.agreement()).isEqualTo(Agreement.DAMAGED);
        assertThat(verdict.replicas())
                .extracting(ReplicaVerdict::damagedExtents)
                .containsExactly(0, 1);
        assertThat(verdict.differences()).isEmpty();
    }

    @Test
    void nothingIsProvedWhereAReplicaIsMissing() {
        assertThat(agreement(false)).isEqualTo(Agreement.INCOMPLETE);
        assertThat(agreement(false, shallow(1, sum(9, 5, 0)), ReplicaAnswer.none(2, "silent")))
                .isEqualTo(Agreement.INCOMPLETE);
        assertThat(agreement(true, deep(1, sum(9, 5, 0), true, 5), deep(2, sum(9, 5, 0), false, 0)))
                .as("not read as a whole")
                .isEqualTo(Agreement.INCOMPLETE);
        assertThat(agreement(false, shallow(1, sum(9, 5, 0)), shallow(2, sum(9, 6, 4))))
                .as("checksums that begin at different offsets")
                .isEqualTo(Agreement.INCOMPLETE);
        ReplicaAnswer elsewhere = new ReplicaAnswer(2, "", 76, Map.of(ID, sum(8, 4, 0)), Map.of(), List.of(), 0, 0);
        ShardVerdict verdict = Comparison.of(3, false, List.of(shallow(1, sum(9, 5, 0)), elsewhere));
        assertThat(verdict.agreement()).isEqualTo(Agreement.INCOMPLETE);
        assertThat(verdict.replicas().get(1).problem()).isEqualTo(Comparison.ELSEWHERE);
    }
}
