package io.millrace.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(
        name = "version",
        header = "Print the version of Millrace and of the Java it runs on.",
        footer = {"", "Example:", "  millrace version"})
final class VersionCommand implements Callable<Integer> {
    private final Terminal terminal;

    VersionCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        for (String line : new Version().getVersion()) {
            terminal.out().println(line);
        }
        return ExitCode.OK.number();
    }
}
