package io.millrace.cli;

import io.millrace.cli.output.Style;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Entry of the command line tool. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        // The logger reads this when it is first used, so it must stand before anything else.
        if (Arrays.asList(args).contains("--debug")) {
            System.setProperty("millrace.cli.log.level", "DEBUG");
        }
        Terminal terminal = terminal();
        int exitCode = run(terminal, args);
        terminal.out().flush();
        terminal.err().flush();
        System.exit(exitCode);
    }

    /** The whole tool but for the end of the process: answers its exit code. */
    public static int run(Terminal terminal, String... args) {
        return commandLine(terminal).execute(args);
    }

    private static Terminal terminal() {
        List<String> terminals =
                Arrays.asList(System.getProperty("millrace.terminal", "").split(","));
        String home = System.getProperty("millrace.home");
        FileOutputStream out = new FileOutputStream(FileDescriptor.out);
        return new Terminal(
                System.in,
                out,
                new PrintStream(new BufferedOutputStream(out), terminals.contains("out"), StandardCharsets.UTF_8),
                new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
                terminals.contains("in"),
                terminals.contains("out"),
                terminals.contains("err"),
                System.getenv(),
                System::nanoTime,
                home == null ? null : Path.of(home));
    }

    static CommandLine commandLine(Terminal terminal) {
        RootCommand root = new RootCommand();
        CommandLine line = new CommandLine(root)
                .addSubcommand(new DemoCommand(terminal))
                .addSubcommand(new ElsewhereCommand.Broker())
                .addSubcommand(TopicCommand.commandLine(terminal))
                .addSubcommand(new ProduceCommand(terminal))
                .addSubcommand(new ConsumeCommand(terminal))
                .addSubcommand(GroupCommand.commandLine(terminal))
                .addSubcommand(ClusterCommand.commandLine(terminal))
                .addSubcommand(new ClusterStatusCommand(terminal))
                .addSubcommand(new VerifyCommand(terminal))
                .addSubcommand(new ElsewhereCommand.Inspect())
                .addSubcommand(new VersionCommand(terminal))
                .addSubcommand(new CompletionCommand(terminal))
                .addSubcommand(new HelpCommand());
        boolean colour = terminal.outStyle() == Style.COLOUR;
        line.setColorScheme(CommandLine.Help.defaultColorScheme(colour ? Ansi.ON : Ansi.OFF));
        line.setOut(new PrintWriter(terminal.out(), true, StandardCharsets.UTF_8));
        line.setErr(new PrintWriter(terminal.err(), true, StandardCharsets.UTF_8));
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setUsageHelpAutoWidth(false);
        line.setUsageHelpWidth(100);
        line.setParameterExceptionHandler((error, ignored) -> usage(terminal, error));
        line.setExecutionExceptionHandler((error, failed, parsed) -> failure(terminal, root, error, parsed));
        ExitCodes.describeIn(line);
        return line;
    }

    private static int usage(Terminal terminal, ParameterException error) {
        terminal.err().println(terminal.errStyle().bad("millrace: ") + error.getMessage());
        UnmatchedArgumentException.printSuggestions(error, terminal.err());
        terminal.err()
                .println("'" + error.getCommandLine().getCommandSpec().qualifiedName()
                        + " --help' shows how it is used.");
        return ExitCode.USAGE.number();
    }

    private static int failure(Terminal terminal, RootCommand root, Exception error, @Nullable ParseResult parsed) {
        terminal.out().flush();
        ErrorReport report = ErrorReport.of(error, bootstrap(parsed));
        terminal.err().println(terminal.errStyle().bad("millrace: ") + report.message());
        if (!report.hint().isEmpty()) {
            terminal.err().println("  " + report.hint());
        }
        if (root.debug()) {
            error.printStackTrace(terminal.err());
        }
        return report.exitCode().number();
    }

    private static @Nullable String bootstrap(@Nullable ParseResult parsed) {
        ParseResult deepest = parsed;
        while (deepest != null && deepest.hasSubcommand()) {
            deepest = deepest.subcommand();
        }
        if (deepest == null || deepest.commandSpec().findOption("--bootstrap") == null) {
            return null;
        }
        return deepest.commandSpec().findOption("--bootstrap").getValue();
    }
}
