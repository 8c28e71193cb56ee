package io.millrace.replication.ratis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills a process that proposes, at random instants, and looks at what the next one recovers. */
class KilledProcessIT {
    private static final int ROUNDS = 10;
    private static final String RECOVERED = "recovered ";
    private static final String ACKNOWLEDGED = "acknowledged ";

    @TempDir
    Path directory;

    @Test
    void recoversEverythingAcknowledgedOnceAndInOrderAfterKills() throws Exception {
        SplittableRandom random = new SplittableRandom(20261125);
        int acknowledged = 0;
        for (int round = 0; round < ROUNDS; round++) {
            Path said = directory.resolve("said-" + round);
            Process process = start(round, said);
            try {
                await().atMost(Duration.ofMinutes(2))
                        .pollInterval(Duration.ofMillis(5))
                        .until(() -> !process.isAlive() || !lines(said).isEmpty());
                // Sometimes while it starts to write, sometimes in the middle.
                assertThat(process.waitFor(random.nextBoolean() ? random.nextInt(500) : 0, TimeUnit.MILLISECONDS))
                        .as("round %d ended by itself", round)
                        .isFalse();
            } finally {
                process.destroyForcibly().waitFor();
            }
            List<String> lines = lines(said);
            assertThat(lines).first().asString().startsWith(RECOVERED);
            int recovered = number(lines.get(0), RECOVERED);
            assertThat(recovered).as("round %d", round).isGreaterThanOrEqualTo(acknowledged);
            acknowledged = lines.size() == 1 ? recovered : number(lines.get(lines.size() - 1), ACKNOWLEDGED);
        }
        assertThat(acknowledged).isGreaterThan(ROUNDS);
    }

    private Process start(long seed, Path said) throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return new ProcessBuilder(List.of(
                        java,
                        "-Xmx128m",
                        "-XX:TieredStopAtLevel=1",
                        "-Djava.util.concurrent.ForkJoinPool.common.parallelism=2",
                        "-Dlogback.configurationFile=quiet.xml",
                        "-cp",
                        System.getProperty("java.class.path"),
                        KilledWriter.class.getName(),
                        directory.toString(),
                        Long.toString(seed)))
                .redirectOutput(said.toFile())
                .redirectError(directory.resolve("errors-" + seed).toFile())
                .start();
    }

    /** Whole lines; the last may be cut short by the kill. */
    private static List<String> lines(Path said) throws IOException {
        String text = Files.readString(said);
        return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    }

    private static int number(String line, String prefix) {
        assertThat(line).startsWith(prefix);
        return Integer.parseInt(line.substring(prefix.length()));
    }
}
