package io.millrace.cli;

import io.millrace.cli.demo.Demo;
import io.millrace.cli.demo.DemoSession;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "demo",
        header = "Real events through a real broker, checked.",
        description = "Appends 200,000 real events to a broker of its own, replays them from the start, from a point in"
                + " time and by key, kills the broker (-9) while a group reads, and checks everything that comes back."
                + " Leaves nothing behind.",
        footer = {"", "Examples:", "  millrace demo", "  millrace demo --keep"})
final class DemoCommand implements Callable<Integer> {
    private static final String EVENTS = "flights-200k.ndjson.gz";

    private final Terminal terminal;

    @Option(names = "--keep", description = "Leave the broker running and its data in place at the end.")
    private boolean keep;

    @Option(
            names = "--directory",
            paramLabel = "DIR",
            description = "Where the temporary directory is made. Default: the system's folder for such.")
    private @Nullable Path parent;

    DemoCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        Path home = terminal.home();
        if (home == null) {
            throw new CliException(
                    ExitCode.USAGE, "the demo starts a broker through the launcher: run it as ./millrace demo");
        }
        Path events = home.resolve("deploy").resolve("demo").resolve(EVENTS);
        if (!Files.exists(events)) {
            throw new CliException(ExitCode.NOT_FOUND, "the demo's events are missing: " + events);
        }
        Path where = parent == null ? Path.of(System.getProperty("java.io.tmpdir")) : parent;
        if (!Files.isDirectory(where)) {
            throw new CliException(ExitCode.NOT_FOUND, "there is no directory " + where);
        }
        String launcher = home.resolve("millrace").toString();
        Demo.Console console =
                new Demo.Console(terminal.out(), terminal.outStyle(), terminal.outIsTerminal(), terminal.nanos());
        DemoSession.Setup setup =
                new DemoSession.Setup(events, where.toAbsolutePath(), List.of(launcher, "broker"), "./millrace", keep);
        return (new DemoSession(console, setup).run() ? ExitCode.OK : ExitCode.FAILURE).number();
    }
}
