package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.ClientConfig;
import io.millrace.client.StartAt;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

class CommandLineTest {
    private final FakeTerminal fake = new FakeTerminal();

    private int run(String... args) {
        return Main.run(fake.plain(), args);
    }

    /** The path of each command, such as {@code topic create}. */
    static Stream<List<String>> commands() {
        List<List<String>> paths = new ArrayList<>();
        collect(Main.commandLine(new FakeTerminal().plain()), List.of(), paths);
        return paths.stream();
    }

    private static void collect(CommandLine line, List<String> path, List<List<String>> paths) {
        line.getSubcommands().forEach((name, command) -> {
            if (!List.of("broker", "inspect").contains(name)) {
                List<String> deeper = new ArrayList<>(path);
                deeper.add(name);
                paths.add(deeper);
                collect(command, deeper, paths);
            }
        });
    }

    @ParameterizedTest
    @MethodSource("commands")
    void helpShowsExamplesAndExitCodes(List<String> path) {
        List<String> args = new ArrayList<>(path);
        args.add("--help");
        assertThat(run(args.toArray(String[]::new))).isZero();
        assertThat(fake.out())
                .contains("Usage: millrace")
                .containsPattern("Examples?:\n  (source <\\()?(.*\\| )?millrace ")
                .contains("Exit codes:\n  0   done");
        assertThat(fake.out().lines())
                .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(100));
        assertThat(fake.err()).isEmpty();
    }

    @Test
    void listsEveryCommandWithOneLine() {
        assertThat(run("--help")).isZero();
        assertThat(fake.out())
                .contains(
                        "  demo ", "  broker ", "  topic ", "  produce ", "  consume ", "  inspect ", "  completion ");
    }

    @Test
    void saysVersion() {
        assertThat(run("version")).isZero();
        assertThat(fake.out()).matches("(?s)millrace \\d+\\.\\d+\\.\\d+.*\nJava \\d+.*\n");
        assertThat(run("--version")).isZero();
    }

    @Test
    void printsCompletionScript() {
        assertThat(run("completion")).isZero();
        assertThat(fake.out()).contains("complete -F").contains("produce").contains("key-value");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "                                                    | Usage: millrace",
                "prodce                                              | Did you mean: millrace produce",
                "topic                                               | one of create, list",
                "group                                               | 'positions' must follow",
                "topic create                                        | Missing required parameter: 'TOPIC'",
                "topic create t --partitions x                       | 'x' is not an int",
                "topic create t --partitions -1                      | --partitions must be 1 or more",
                "topic create t --placement best                     | expected one of [RANGES, MODULO, CLIENT]",
                "topic alter t                                       | nothing to change",
                "topic alter t --set a=1 --reset a                   | cannot be set and reset",
                "topic delete t                                      | give --yes",
                "consume t --from yesterday                          | expected start, end, offset:N or time:T",
                "consume t --from offset:-1 --partition 0            | offset must be 0 or more",
                "consume t --from offset:x --partition 0             | an offset is a whole number",
                "consume t --from offset:5                           | needs --partition N",
                "consume t --from time:2001-01-08T00:00              | is no time",
                "consume t --max -1                                  | --max must be 0 or more",
                "consume t --partition -1                            | --partition must be 0 or more",
                "consume t --format xml                              | but was 'xml'",
                "produce t --format lines --key /a                   | need --format ndjson",
                "produce t --key-separator :                         | needs --format lines",
                "produce t --key a                                   | begins with a slash",
                "produce t --header a                                | --header must be KEY=VALUE",
                "produce t --partition -1                            | --partition must be 0 or more",
                "produce t --max-line-bytes 0                        | --max-line-bytes must be between",
                "produce t --compression best                        | but was 'best'",
                "topic list --timeout 0                              | --timeout must be between",
                "topic list --bootstrap nowhere:port                 | --bootstrap nowhere:port",
                "broker --data x                                     | ./millrace broker --data x",
                "demo                                                | run it as ./millrace demo"
            })
    void refusesWrongCommandLines(String line, String message) {
        int exitCode = line == null ? run() : run(line.split(" +"));
        assertThat(fake.err()).contains(message).doesNotContain("\tat ");
        assertThat(exitCode).isEqualTo(ExitCode.USAGE.number());
        assertThat(fake.out()).isEmpty();
    }

    @Test
    void saysThatThereIsNoSuchFileBeforeItConnects(@TempDir Path folder) {
        assertThat(run("produce", "t", folder.resolve("none").toString())).isEqualTo(ExitCode.NOT_FOUND.number());
        assertThat(fake.err()).contains("there is no file " + folder.resolve("none"));
    }

    @Test
    void waitsAsLongAsTheClientLibrary() {
        assertThat(new ConnectionOptions().timeout())
                .isEqualTo(ClientConfig.of("a:1").requestTimeout());
        assertThat(run("topic", "list", "--help")).isZero();
        assertThat(fake.out()).contains("Default: 30.");
    }

    @Test
    void readsPlaces() {
        assertThat(StartPoint.parse("start")).isEqualTo(StartAt.start());
        assertThat(StartPoint.parse("end")).isEqualTo(StartAt.end());
        assertThat(StartPoint.parse("offset:17")).isEqualTo(StartAt.offset(17));
        assertThat(StartPoint.parse("time:2001-01-08")).isEqualTo(StartAt.time(Instant.parse("2001-01-08T00:00:00Z")));
    }

    @Test
    void usesColourOnTerminalsThatWantIt() {
        assertThat(fake.with("", Map.of(), true).outStyle().good("x")).isEqualTo("\u001b[32mx\u001b[0m");
        assertThat(fake.with("", Map.of("NO_COLOR", "1"), true).outStyle().good("x"))
                .isEqualTo("x");
        assertThat(fake.with("", Map.of("TERM", "dumb"), true).outStyle().good("x"))
                .isEqualTo("x");
        assertThat(fake.with("", Map.of(), false).outStyle().good("x")).isEqualTo("x");
    }

    @Test
    void showsStackTraceOnlyForDebug(@TempDir Path folder) throws Exception {
        Path folderAsFile = Files.createDirectory(folder.resolve("d"));
        assertThat(run("produce", "t", folder.resolve("none").toString())).isEqualTo(ExitCode.NOT_FOUND.number());
        assertThat(fake.err()).doesNotContain("\tat ");
        assertThat(run("produce", "t", folderAsFile.resolve("none").toString(), "--debug"))
                .isEqualTo(ExitCode.NOT_FOUND.number());
        assertThat(fake.err()).contains("\tat ");
    }
}
