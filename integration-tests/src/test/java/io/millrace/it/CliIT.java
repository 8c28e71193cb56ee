package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.it.cluster.CliTool;
import io.millrace.it.cluster.CliTool.Run;
import io.millrace.it.cluster.ForkedBroker;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every command against a real broker: what goes in comes out, and what is wrong ends with the documented exit code and a sentence that helps. */
class CliIT {
    private static final int FAILURE = 1;
    private static final int USAGE = 2;
    private static final int NOT_FOUND = 6;
    private static final int UNAVAILABLE = 4;
    private static final int REFUSED = 5;

    @TempDir
    private static Path directory;

    private static ForkedBroker broker;
    private static CliTool cli;

    @BeforeAll
    static void startBroker() throws IOException {
        broker = ForkedBroker.in(directory.resolve("broker")).start();
        cli = CliTool.in(Files.createDirectories(directory.resolve("home")), broker.bootstrap());
        // What the reading tests read: a record a second from 2001-01-01 on, to partitions 0, 1, 0, 1, ...
        ok(cli.run("topic", "create", "letters", "--partitions", "2", "--placement", "client"));
        StringBuilder even = new StringBuilder();
        StringBuilder odd = new StringBuilder();
        for (int i = 0; i < 10; i++) {
            (i % 2 == 0 ? even : odd).append("{\"k\":\"k%d\",\"at\":\"2001-01-01T00:00:0%dZ\"}\n".formatted(i, i));
        }
        for (int partition = 0; partition < 2; partition++) {
            ok(cli.runWith(
                    (partition == 0 ? even : odd).toString(),
                    "produce",
                    "letters",
                    "--key",
                    "/k",
                    "--timestamp",
                    "/at",
                    "--partition",
                    String.valueOf(partition)));
        }
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    // ---- topics

    @Test
    void makesShowsChangesAndDeletesATopic() {
        assertThat(ok(cli.run("topic", "create", "life", "--partitions", "3", "--validate-only"))
                        .out())
                .startsWith("valid: topic life (3 partitions");
        assertThat(cli.run("topic", "describe", "life").exitCode())
                .as("only checked")
                .isEqualTo(NOT_FOUND);
        assertThat(ok(cli.run("topic", "create", "life", "--partitions", "3", "--placement", "modulo"))
                        .out())
                .isEqualTo("created topic life (3 partitions, replication 1, placement modulo)\n");

        refused(cli.run("topic", "create", "life"), REFUSED, "TOPIC_ALREADY_EXISTS", "--if-not-exists");
        assertThat(ok(cli.run("topic", "create", "life", "--if-not-exists")).out())
                .startsWith("exists: topic life");

        assertThat(ok(cli.run("topic", "list")).lines())
                .first()
                .asString()
                .matches("TOPIC +PARTITIONS +REPLICATION +PLACEMENT +SETTINGS");
        assertThat(ok(cli.run("topic", "list")).out()).containsPattern("(?m)^life +3 +1 +modulo");
        assertThat(ok(cli.run("topic", "list", "-o", "json")).out()).contains("\"life\"");

        ok(cli.run("topic", "alter", "life", "--set", "max.batch.bytes=65536"));
        assertThat(ok(cli.run("topic", "describe", "life", "--settings")).out())
                .containsPattern("(?m)^settings +max.batch.bytes=65536$")
                .containsPattern("(?m)^max.batch.bytes +65536 +set$")
                .containsPattern("(?m)^ +2 ");
        assertThat(ok(cli.run("topic", "describe", "life", "-o", "json")).out())
                .contains("max.batch.bytes")
                .contains("logEnd");
        assertThat(ok(cli.run("topic", "alter", "life", "--reset", "max.batch.bytes"))
                        .out())
                .doesNotContain("65536");
        refused(cli.run("topic", "alter", "life", "--set", "max.batch.bytes=-7"), REFUSED, "max.batch.bytes");
        refused(cli.run("topic", "alter", "life", "--set", "no.such.key=1"), REFUSED, "no.such.key");

        refused(cli.run("topic", "delete", "life"), USAGE, "give --yes");
        assertThat(ok(cli.run("topic", "delete", "life", "--yes")).out()).isEqualTo("deleted topic life\n");
        refused(cli.run("topic", "describe", "life"), NOT_FOUND, "UNKNOWN_TOPIC", "topic list");
        refused(cli.run("topic", "create", "no spaces"), REFUSED, "INVALID_TOPIC_NAME");
    }

    // ---- produce

    @Test
    void appendsFromInputFileAndGzipInTheirOrder() throws IOException {
        ok(cli.run("topic", "create", "inputs", "--partitions", "1"));
        Path plain = Files.writeString(directory.resolve("plain.ndjson"), "{\"n\":1}\n\n{\"n\":2}\r\n");
        Path packed = directory.resolve("packed.ndjson.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
            out.write("{\"n\":4}\n{\"n\":5}\n".getBytes(StandardCharsets.UTF_8));
        }
        Run run = ok(cli.runWith(
                "{\"n\":3}\n", "produce", "inputs", plain.toString(), "-", packed.toString(), "--compression", "zstd"));
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).startsWith("5 records stored in inputs").contains("1 empty line left out");
        assertThat(ok(cli.run("consume", "inputs")).lines())
                .containsExactly("{\"n\":1}", "{\"n\":2}", "{\"n\":3}", "{\"n\":4}", "{\"n\":5}");
        assertThat(ok(cli.runWith("[]\n", "produce", "inputs", "--quiet")).err())
                .isEmpty();
    }

    @Test
    void takesKeyTimeAndHeadersFromJson() {
        ok(cli.run("topic", "create", "keyed"));
        ok(cli.runWith(
                "{\"who\":{\"id\":\"ann\"},\"at\":\"2001-01-08T00:00Z\"}\n{\"who\":{\"id\":7},\"at\":978912000001}\n",
                "produce",
                "keyed",
                "--key",
                "/who/id",
                "--timestamp",
                "/at",
                "--header",
                "source=batch"));
        assertThat(ok(cli.run("consume", "keyed", "--format", "json")).out())
                .contains("\"timestamp\":\"2001-01-08T00:00:00Z\"")
                .contains("\"timestamp\":\"2001-01-08T00:00:00.001Z\"")
                .contains("\"key\":\"ann\",\"value\":{\"who\":{\"id\":\"ann\"}")
                .contains("\"key\":\"7\"")
                .contains("\"headers\":[{\"key\":\"source\",\"value\":\"batch\"}]");
    }

    @Test
    void splitsLinesAtTheSeparator() {
        ok(cli.run("topic", "create", "lines", "--partitions", "1"));
        ok(cli.runWith("a:1\nb:2:3\n", "produce", "lines", "--format", "lines", "--key-separator", ":"));
        ok(cli.runWith("no key\n", "produce", "lines", "--format", "lines"));
        assertThat(ok(cli.run("consume", "lines")).lines()).containsExactly("1", "2:3", "no key");
        assertThat(ok(cli.run("consume", "lines", "--max", "2", "--format", "key-value"))
                        .lines())
                .containsExactly("a\t1", "b\t2:3");
        assertThat(ok(cli.run("consume", "lines", "--max", "1", "--format", "key-value", "--key-separator", " = "))
                        .lines())
                .containsExactly("a = 1");
    }

    @Test
    void namesBadLinesAndStopsOrSkips() throws IOException {
        ok(cli.run("topic", "create", "bad", "--partitions", "1"));
        Path file = Files.writeString(directory.resolve("bad.ndjson"), "1\n{oops\n3\n");
        refused(cli.run("produce", "bad", file.toString()), REFUSED, "bad.ndjson:2: ", "1 record before it is stored");
        assertThat(ok(cli.run("produce", "bad", file.toString(), "--on-error", "skip"))
                        .err())
                .contains("skipped", "bad.ndjson:2: ", "1 bad line skipped");
        assertThat(ok(cli.run("consume", "bad")).lines()).containsExactly("1", "1", "3");

        Path cut = Files.write(directory.resolve("cut.gz"), new byte[] {31, (byte) 139, 8, 0, 0});
        refused(cli.run("produce", "bad", cut.toString()), FAILURE, "cut.gz", "before it are stored");
        refused(cli.run("produce", "bad", "--key", "/k", file.toString()), REFUSED, "bad.ndjson:1: ");
    }

    // ---- consume

    @ParameterizedTest
    @CsvSource({
        "start,                                  k0 k2 k4 k6 k8",
        "end,                                    ''",
        "offset:3,                               k6 k8",
        "offset:5,                               ''",
        "time:2001-01-01T00:00:04Z,              k4 k6 k8",
        "time:2001-01-01T00:00:04.001Z,          k6 k8",
        "time:978307204000,                      k4 k6 k8",
        "time:2000-12-31,                        k0 k2 k4 k6 k8",
        "time:2002-01-01,                        ''",
    })
    void readsFromEveryKindOfPlaceAndStopsAtTheEnd(String place, String keys) {
        Run run = ok(cli.run("consume", "letters", "--partition", "0", "--from", place, "--format", "key-value"));
        List<String> found = run.lines().stream()
                .map(line -> line.substring(0, line.indexOf('\t')))
                .toList();
        assertThat(String.join(" ", found)).isEqualTo(keys);
        assertThat(run.err()).startsWith(found.size() + " record");
    }

    @Test
    void readsSomePartitionsOrAllAndNoMoreThanAskedFor() {
        assertThat(ok(cli.run("consume", "letters")).lines()).hasSize(10).allMatch(line -> line.startsWith("{\"k\":"));
        assertThat(ok(cli.run("consume", "letters", "--partition", "1,0")).lines())
                .hasSize(10);
        assertThat(ok(cli.run("consume", "letters", "--partition", "1")).out())
                .contains("k1", "k9")
                .doesNotContain("k2");
        assertThat(ok(cli.run("consume", "letters", "--max", "4")).lines()).hasSize(4);
        assertThat(ok(cli.run("consume", "letters", "--max", "0")).lines()).isEmpty();
        assertThat(ok(cli.run("consume", "letters", "--from", "time:2001-01-01T00:00:07Z"))
                        .lines())
                .hasSize(3);
        assertThat(ok(cli.run("consume", "letters", "-p", "1", "-n", "1", "-f", "json", "-q"))
                        .err())
                .isEmpty();
        assertThat(ok(cli.run("consume", "letters", "-p", "1", "--from", "offset:2", "-n", "1", "-f", "json"))
                        .out())
                .startsWith(
                        "{\"topic\":\"letters\",\"partition\":1,\"offset\":2,\"timestamp\":\"2001-01-01T00:00:05Z\"");
    }

    @Test
    void aGroupGoesOnWhereItStands() {
        refused(cli.run("group", "positions", "readers", "letters"), NOT_FOUND, "UNKNOWN_GROUP", "consume --group");
        Run first = ok(cli.run("consume", "letters", "--group", "readers", "--max", "4"));
        assertThat(first.err()).contains("committed for group readers");
        Run second = ok(cli.run("consume", "letters", "--group", "readers"));
        assertThat(first.lines()).hasSize(4);
        assertThat(second.lines()).hasSize(6).doesNotContainAnyElementsOf(first.lines());
        assertThat(ok(cli.run("consume", "letters", "--group", "readers")).lines())
                .isEmpty();
        assertThat(ok(cli.run("group", "positions", "readers", "letters")).out())
                .containsPattern("(?m)^ +0 +5 +5 +0 ")
                .endsWith("lag 0\n");
        assertThat(ok(cli.run("consume", "letters", "--group", "late", "--from", "end"))
                        .lines())
                .isEmpty();
    }

    // ---- what is wrong

    @Test
    void endsWithTheDocumentedExitCodeAndASentenceThatHelps() {
        refused(cli.run("consume", "nowhere"), NOT_FOUND, "UNKNOWN_TOPIC", "topic create NAME");
        refused(cli.runWith("1\n", "produce", "nowhere"), NOT_FOUND, "UNKNOWN_TOPIC");
        refused(cli.run("topic", "delete", "nowhere", "--yes"), NOT_FOUND, "UNKNOWN_TOPIC");
        refused(cli.run("consume", "letters", "--partition", "2"), NOT_FOUND, "has no partition 2: it has 0 to 1");
        refused(cli.runWith("1\n", "produce", "letters", "--partition", "9"), NOT_FOUND, "UNKNOWN_PARTITION");
        refused(
                cli.run("consume", "letters", "--partition", "0", "--from", "offset:6", "--follow"),
                REFUSED,
                "OFFSET_OUT_OF_RANGE",
                "topic describe");
        refused(cli.run("consume", "letters", "--offset", "1"), USAGE, "--offset", "--help");
        refused(cli.run("consume", "letters", "--from", "offset:x", "--partition", "0"), USAGE, "whole number");
        refused(
                cli.run("topic", "list", "--bootstrap", "127.0.0.1:1", "--timeout", "0.5"),
                UNAVAILABLE,
                "127.0.0.1:1",
                "Does a broker run");
        refused(
                cli.runWith("1\n", "produce", "letters", "--bootstrap", "127.0.0.1:1", "--timeout", "0.5"),
                UNAVAILABLE,
                "127.0.0.1:1");
    }

    // ---- as processes

    @Test
    void theLauncherPassesInputOutputAndExitCodes() throws Exception {
        assertThat(ok(cli.launch("", "version")).out()).startsWith("millrace ").contains("\nJava ");
        for (String command : List.of("broker", "inspect")) {
            assertThat(ok(cli.launch("", command, "--help")).out()).contains("Examples:\n  millrace " + command);
        }
        ok(cli.launch("", "topic", "create", "piped", "--partitions", "1"));
        assertThat(ok(cli.launch("x=\u00e9\ny=2\n", "produce", "piped", "-f", "lines", "--key-separator", "="))
                        .err())
                .startsWith("2 records stored in piped");
        assertThat(ok(cli.launch("", "consume", "piped", "-f", "key-value")).out())
                .isEqualTo("x\t\u00e9\ny\t2\n");
        refused(cli.launch("", "consume", "nowhere"), NOT_FOUND, "UNKNOWN_TOPIC");
        refused(cli.launch("", "topic", "list", "--no-such-flag"), USAGE, "--no-such-flag");
        refused(cli.launch("", "topic", "list", "-b", "127.0.0.1:1", "--timeout", "0.5"), UNAVAILABLE, "127.0.0.1:1");
    }

    @Test
    void inspectJudgesADataDirectory() throws Exception {
        Path own = directory.resolve("inspected");
        try (ForkedBroker other = ForkedBroker.in(own).start()) {
            ok(cli.run("topic", "create", "seen", "--partitions", "1", "--bootstrap", other.bootstrap()));
            ok(cli.runWith("1\n2\n", "produce", "seen", "--bootstrap", other.bootstrap()));
            assertThat(other.stop()).isEqualTo(ForkedBroker.ENDED_BY_SIGTERM);
            assertThat(ok(cli.launch("", "inspect", other.data().toString())).out())
                    .contains("topic seen: id ", "1 partition(s)", "shard 1");
        }
        refused(cli.launch("", "inspect", own.resolve("none").toString()), 6, "none");
    }

    private static Run ok(Run run) {
        assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
        return run;
    }

    private static void refused(Run run, int exitCode, String... said) {
        assertThat(run.err()).as(run.out()).contains(said).doesNotContain("\tat ");
        assertThat(run.exitCode()).as(run.err()).isEqualTo(exitCode);
    }
}
