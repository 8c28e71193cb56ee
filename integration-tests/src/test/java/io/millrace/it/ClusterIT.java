package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.NewTopic;
import io.millrace.it.check.HistoryChecker;
import io.millrace.it.cluster.ForkedCluster;
import io.millrace.it.cluster.Nemesis;
import io.millrace.it.load.Workload;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three brokers under load: the leader is killed, stopped as planned, silenced, and cut off one way; all clients' histories are clean. Prints the longest time that a partition went without an
 * acknowledgement. {@code -Dmillrace.seed} chooses another run.
 */
@Timeout(600)
class ClusterIT {
    private static final long SEED = Long.getLong("millrace.seed", 20261125L);
    private static final Duration RECOVERY = Duration.ofSeconds(60);
    private static final int PARTITIONS = 6;

    @Test
    void threeBrokersLoseNothingWhenTheLeaderDiesStopsOrIsCutOff(@TempDir Path directory) {
        Workload.Size size = new Workload.Size(2, 2, PARTITIONS, 24, 500, 200);
        try (ForkedCluster cluster = ForkedCluster.start(directory, 3)) {
            System.out.println("cluster: three brokers on " + cluster.network());
            cluster.awaitHealthy();
            cluster.createTopic(NewTopic.of("t", PARTITIONS).replicatedBy(3));
            Nemesis nemesis = new Nemesis(cluster, "t", PARTITIONS, Set.of(), SEED);
            try (Workload load = new Workload(cluster.bootstrap(), "t", size)) {
                load.start();
                load.awaitProgress(RECOVERY);
                strike(cluster, nemesis, load, Nemesis.Fault.KILL_LEADER, Duration.ofSeconds(4));
                strike(cluster, nemesis, load, Nemesis.Fault.STOP_LEADER, Duration.ofSeconds(2));
                strike(cluster, nemesis, load, Nemesis.Fault.PAUSE_LEADER, Duration.ofSeconds(6));
                if (cluster.network().hasFaults()) {
                    strike(cluster, nemesis, load, Nemesis.Fault.CUT_LEADER_OUTWARD, Duration.ofSeconds(5));
                    strike(cluster, nemesis, load, Nemesis.Fault.CUT_LEADER_INWARD, Duration.ofSeconds(5));
                }
                cluster.repair();
                cluster.awaitHealthy();
                load.finish();
                List<String> violations = HistoryChecker.violations(load.history());
                System.out.println("cluster: " + load.history().summary() + "; " + violations.size() + " violations");
                assertThat(violations).as("-Dmillrace.seed=%d", SEED).isEmpty();
                assertThat(load.history().acknowledged()).isPositive();
            }
        }
    }

    /** A fault, until every partition is served again; the next one finds a whole cluster. */
    private static void strike(
            ForkedCluster cluster, Nemesis nemesis, Workload load, Nemesis.Fault fault, Duration hold) {
        load.gaps().begin();
        String what = nemesis.strike(fault, hold);
        long after = load.awaitProgress(RECOVERY);
        System.out.printf(
                "cluster: %-60s longest gap %d ms (%d ms after its end)%n",
                what, load.gaps().longestMillis(), after);
        cluster.repair();
        cluster.awaitHealthy();
    }
}
