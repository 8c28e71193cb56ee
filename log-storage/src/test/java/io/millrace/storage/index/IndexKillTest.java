package io.millrace.storage.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.storage.PartitionIndex;
import io.millrace.storage.PartitionIndex.View;
import io.millrace.testing.Seeds;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.io.TempDir;

/** Kills a process that writes an index, again and again on the same files, and compares what is left. */
class IndexKillTest {
    private static final int KILLS = 3;

    @TempDir
    private Path directory;

    @Seeds(1)
    void standsAtOrAboveTheFlushedMarkWithItsRowsAfterKill(long seed) throws IOException, InterruptedException {
        RandomGenerator random = new SplittableRandom(seed);
        Path place = directory.resolve("index");
        for (int kill = 0; kill < KILLS; kill++) {
            int flushed = runAndKill(place, 1 + random.nextInt(1000));
            try (IndexMemory memory = IndexMemory.small();
                    PartitionIndex index = PartitionIndexes.open(place, IndexConfig.DEFAULT, memory, (what, cause) -> {
                        throw new AssertionError(what, cause);
                    });
                    View view = index.view()) {
                int applied = (int) index.applied().raftIndex();
                assertThat(applied).isGreaterThanOrEqualTo(flushed);
                assertThat(index.applied()).isEqualTo(NumberedApplies.mark(applied));
                assertThat(RandomRows.all(view)).isEqualTo(RandomRows.all(NumberedApplies.upTo(applied)));
            }
        }
    }

    /** Returns the last mark that the process said to have flushed; -1: none. */
    private static int runAndKill(Path place, int linesBefore) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        IndexWriterProcess.class.getName(),
                        place.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        int flushed = -1;
        int seen = 0;
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            // Read to the end: what it managed to say before it died counts too.
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.matches("flushed \\d+;")) {
                    flushed = number(line);
                }
                if (++seen == linesBefore) {
                    process.toHandle().destroyForcibly(); // unlike the process, it leaves the pipe open
                }
            }
        }
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(seen).isGreaterThanOrEqualTo(linesBefore);
        return flushed;
    }

    private static int number(String line) {
        return Integer.parseInt(line.substring("flushed ".length(), line.length() - 1));
    }
}
