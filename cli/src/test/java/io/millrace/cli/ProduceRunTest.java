package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cli.ProduceCommand.OnError;
import io.millrace.cli.ProduceCommand.Sink;
import io.millrace.cli.input.NdjsonParser;
import io.millrace.cli.input.RecordTemplate;
import io.millrace.client.ProducerRecord;
import io.millrace.client.RecordMetadata;
import io.millrace.client.SendCallback;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProduceRunTest {
    private final FakeTerminal fake = new FakeTerminal();
    private final ListSink sink = new ListSink();

    /** Acknowledges at the flush. */
    private static final class ListSink implements Sink {
        private final List<String> stored = new ArrayList<>();
        private final List<SendCallback> waiting = new ArrayList<>();

        @Override
        public void send(ProducerRecord record, SendCallback callback) {
            byte @Nullable [] value = record.value();
            stored.add(value == null ? "" : new String(value, StandardCharsets.UTF_8));
            waiting.add(callback);
        }

        @Override
        public void flush() {
            waiting.forEach(callback -> callback.onCompletion(new RecordMetadata("t", 0, 0, 0, false), null));
            waiting.clear();
        }
    }

    private ProduceRun run(String stdin, OnError onError) {
        return new ProduceRun(
                fake.with(stdin, Map.of(), false),
                sink,
                new NdjsonParser(new RecordTemplate("t", null, List.of()), "/k", null),
                onError,
                100,
                false);
    }

    @Test
    void sendsEveryLineOfEveryInputAndSumsUp(@TempDir Path folder) throws IOException {
        Path packed = folder.resolve("a.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
            out.write("{\"k\":1}\n\n{\"k\":2}\n".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(run("{\"k\":3}", OnError.STOP).run("t", List.of(packed.toString(), "-")))
                .isEqualTo(ExitCode.OK);
        assertThat(sink.stored).containsExactly("{\"k\":1}", "{\"k\":2}", "{\"k\":3}");
        assertThat(fake.err()).startsWith("3 records stored in t (21 B) in ").endsWith("; 1 empty line left out\n");
    }

    @Test
    void stopsAtBadLineAndNamesIt() throws IOException {
        assertThat(run("{\"k\":1}\nnonsense\n{\"k\":2}\n", OnError.STOP).run("t", List.of("-")))
                .isEqualTo(ExitCode.REFUSED);
        assertThat(sink.stored).containsExactly("{\"k\":1}");
        assertThat(fake.err())
                .contains("millrace: (stdin):2: it is no JSON")
                .contains("stopped there; 1 record before it is stored");
    }

    @Test
    void skipsBadLinesNamesTheFirstAndCountsAll() throws IOException {
        StringBuilder input = new StringBuilder("x".repeat(200)).append('\n');
        for (int i = 0; i < 20; i++) {
            input.append("{}\n");
        }
        input.append("{\"k\":1}\n");
        assertThat(run(input.toString(), OnError.SKIP).run("t", List.of("-"))).isEqualTo(ExitCode.OK);
        assertThat(sink.stored).containsExactly("{\"k\":1}");
        assertThat(fake.err())
                .contains("skipped (stdin):1: it is longer than 100 bytes")
                .contains("skipped (stdin):10: there is nothing at /k")
                .doesNotContain("(stdin):11:")
                .contains("more bad lines follow")
                .contains("1 record stored")
                .contains("; 21 bad lines skipped");
    }

    @Test
    void saysWhereDamagedFileEnds(@TempDir Path folder) throws IOException {
        Path packed = folder.resolve("a.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
            out.write("{\"k\":1}\n".repeat(1000).getBytes(StandardCharsets.UTF_8));
        }
        byte[] bytes = Files.readAllBytes(packed);
        Files.write(packed, java.util.Arrays.copyOf(bytes, bytes.length - 4));
        assertThatThrownBy(() -> run("", OnError.SKIP).run("t", List.of(packed.toString())))
                .isInstanceOf(CliException.class)
                .hasMessageContaining("is damaged after line")
                .satisfies(
                        error -> assertThat(((CliException) error).exitCode()).isEqualTo(ExitCode.FAILURE));
    }

    @Test
    void readsNothingMoreOnceItIsStopped() throws IOException {
        ProduceRun run = run("{\"k\":1}\n", OnError.STOP);
        run.stop();
        assertThat(run.run("t", List.of("-"))).isEqualTo(ExitCode.OK);
        assertThat(sink.stored).isEmpty();
        assertThat(fake.err()).contains("interrupted after line 0");
    }
}
