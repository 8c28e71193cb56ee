package io.millrace.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "help",
        header = "Show how a command is used.",
        footer = {"", "Examples:", "  millrace help produce", "  millrace help topic create"})
final class HelpCommand implements Callable<Integer> {
    @Parameters(arity = "0..*", paramLabel = "COMMAND", description = "Its name; none: all commands.")
    private List<String> path = new ArrayList<>();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        CommandLine line = spec.root().commandLine();
        for (String name : path) {
            CommandLine deeper = line.getSubcommands().get(name);
            if (deeper == null) {
                throw new ParameterException(line, "there is no command '" + String.join(" ", path) + "'");
            }
            line = deeper;
        }
        line.usage(spec.commandLine().getOut(), spec.commandLine().getColorScheme());
        return ExitCode.OK.number();
    }
}
