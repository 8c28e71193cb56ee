package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.NewTopic;
import io.millrace.it.check.History;
import io.millrace.it.check.HistoryChecker;
import io.millrace.it.cluster.ForkedCluster;
import io.millrace.it.cluster.Nemesis;
import io.millrace.it.load.Workload;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Mixed faults for as long as asked: {@code ./mvnw verify -Pendurance -Dmillrace.minutes=60}. In rounds of about a minute on the same brokers, each with a topic, clients and a history of its own, which is
 * checked at its end. {@code -Dmillrace.seed} repeats the faults of a run, {@code -Dmillrace.faults} names some of them, with commas between.
 */
@EnabledIfSystemProperty(named = "millrace.minutes", matches = "[0-9.]+")
class EnduranceIT {
    private static final long SEED = Long.getLong("millrace.seed", System.nanoTime());
    private static final Duration ROUND = Duration.ofSeconds(45);
    private static final Duration RECOVERY = Duration.ofSeconds(90);

    @Test
    void mixedFaultsLeaveEveryHistoryClean(@TempDir Path directory) {
        long end = System.nanoTime() + (long) (Double.parseDouble(System.getProperty("millrace.minutes", "1")) * 60e9);
        SplittableRandom random = new SplittableRandom(SEED);
        long acknowledged = 0;
        long unknown = 0;
        long longest = 0;
        int faults = 0;
        int rounds = 0;
        try (ForkedCluster cluster = ForkedCluster.start(directory, 3)) {
            System.out.println("endurance: -Dmillrace.seed=" + SEED + ", three brokers on " + cluster.network());
            cluster.awaitHealthy();
            while (System.nanoTime() < end) {
                rounds++;
                String topic = "round-" + rounds;
                Workload.Size size = size(random);
                cluster.createTopic(NewTopic.of(topic, size.partitions()).replicatedBy(3));
                Nemesis nemesis = new Nemesis(cluster, topic, size.partitions(), wanted(), random.nextLong());
                try (Workload load = new Workload(cluster.bootstrap(), topic, size)) {
                    load.start();
                    long roundEnd = System.nanoTime() + ROUND.toNanos();
                    while (System.nanoTime() < roundEnd) {
                        load.gaps().begin();
                        String what = nemesis.strike();
                        long gap = load.gaps().longestMillis();
                        longest = Math.max(longest, gap);
                        System.out.printf("endurance: round %d: %s, longest gap %d ms%n", rounds, what, gap);
                        faults++;
                        nemesis.rest();
                    }
                    cluster.repair();
                    cluster.awaitHealthy();
                    load.awaitProgress(RECOVERY);
                    load.finish();
                    List<String> violations = HistoryChecker.violations(load.history());
                    System.out.printf(
                            "endurance: round %d %s: %s, longest gap %d ms, %d violations%n",
                            rounds, size, load.history().summary(), load.gaps().longestMillis(), violations.size());
                    assertThat(violations)
                            .as("round %d, -Dmillrace.seed=%d", rounds, SEED)
                            .isEmpty();
                    acknowledged += load.history().acknowledged();
                    unknown += load.history().count(History.Fate.UNKNOWN);
                }
                cluster.admin().deleteTopic(topic);
            }
        }
        System.out.printf(
                "endurance: seed %d: %d rounds, %d faults, %d acknowledged, %d unknown, longest gap %d ms, 0 violations%n",
                SEED, rounds, faults, acknowledged, unknown, longest);
        assertThat(acknowledged).isPositive();
    }

    private static Workload.Size size(SplittableRandom random) {
        int partitions = random.nextInt(1, 13);
        return new Workload.Size(
                random.nextInt(1, 4),
                random.nextInt(1, 3),
                partitions,
                partitions * random.nextInt(1, 5),
                random.nextInt(50, 600),
                random.nextInt(16, 2000));
    }

    private static Set<Nemesis.Fault> wanted() {
        String names = System.getProperty("millrace.faults", "");
        if (names.isEmpty()) {
            return Nemesis.withoutLostDisks();
        }
        Set<Nemesis.Fault> wanted = EnumSet.noneOf(Nemesis.Fault.class);
        Arrays.stream(names.split(",")).map(Nemesis.Fault::valueOf).forEach(wanted::add);
        return wanted;
    }
}
