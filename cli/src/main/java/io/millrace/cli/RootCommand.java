package io.millrace.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code millrace} itself: lists the commands. */
@Command(
        name = "millrace",
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        description = "A distributed commit log: ordered, durable, replayable streams of records.",
        footer = {
            "",
            "First steps:",
            "  millrace demo                          200,000 real events through a broker, checked",
            "  millrace broker --data ./data          starts a broker here",
            "  millrace topic create flights --partitions 6",
            "  millrace produce flights events.ndjson --key /origin --timestamp /date",
            "  millrace consume flights --max 10"
        })
final class RootCommand implements Callable<Integer> {
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Show this help.")
    @SuppressWarnings("UnusedVariable") // picocli acts on it
    private boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Show the version.")
    @SuppressWarnings("UnusedVariable") // picocli acts on it
    private boolean version;

    @Option(
            names = "--debug",
            scope = ScopeType.INHERIT,
            description = "Show the client's log and the stack trace of an error.")
    private boolean debug;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    boolean debug() {
        return debug;
    }

    @Override
    public Integer call() {
        CommandLine line = spec.commandLine();
        line.usage(line.getErr(), line.getColorScheme());
        return ExitCode.USAGE.number();
    }
}
