package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class InspectCommandTest {
    @TempDir
    Path directory;

    private record Run(int exitCode, String text) {}

    private Run inspect(String... options) {
        StringWriter text = new StringWriter();
        CommandLine line = new CommandLine(new InspectCommand())
                .setOut(new PrintWriter(text))
                .setErr(new PrintWriter(text));
        List<String> arguments = new java.util.ArrayList<>(List.of(options));
        arguments.add(directory.toString());
        int exitCode = line.execute(arguments.toArray(String[]::new));
        return new Run(exitCode, text.toString());
    }

    private Map<Path, Long> files() throws IOException {
        Map<Path, Long> sizes = new TreeMap<>();
        try (Stream<Path> files = Files.walk(directory)) {
            files.filter(Files::isRegularFile).forEach(file -> {
                try {
                    sizes.put(file, Files.size(file));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
        return sizes;
    }

    @Test
    void showsWhatIsThereAndNamesWhatIsDamaged() throws IOException {
        try (TestBroker broker = TestBroker.start(directory)) {
            broker.createTopic("flights", 2);
            try (ProduceCall call = new ProduceCall(broker)) {
                call.send(ProduceFetchTest.batch("flights", 1, "a", "b", "c"));
                call.send(ProduceFetchTest.batch("flights", 0, "d"));
            }
        }
        Map<Path, Long> before = files();
        Run whole = inspect("--frames");
        assertThat(whole.exitCode()).as(whole.text()).isZero();
        assertThat(whole.text())
                .contains("topic flights:")
                .contains("LIVE")
                .contains("partition flights/1: offsets 0 to 3, 3 record(s)")
                .contains("partition flights/0: offsets 0 to 1, 1 record(s)")
                .contains("FRAME")
                .doesNotContain("DAMAGED");
        assertThat(files()).as("nothing is changed").isEqualTo(before);

        Path segment = directory.resolve("shards/1/log/0000000000.seg");
        byte[] bytes = Files.readAllBytes(segment);
        bytes[4096 + 100] ^= 1;
        Files.write(segment, bytes);
        Run damaged = inspect();
        assertThat(damaged.exitCode()).isEqualTo(6);
        assertThat(damaged.text()).contains("INVALID").contains("0000000000.seg: DAMAGED");
    }

    @Test
    void saysWhenItIsNoDataDirectory() {
        Run run = inspect();
        assertThat(run.exitCode()).isEqualTo(6);
        assertThat(run.text()).contains("no data directory");
    }
}
