package io.millrace.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
        name = "completion",
        header = "Print a completion script for bash and zsh.",
        footer = {
            "",
            "Examples:",
            "  source <(millrace completion)                       for this shell",
            "  millrace completion > ~/.local/share/bash-completion/completions/millrace"
        })
final class CompletionCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    CompletionCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        terminal.out().print(AutoComplete.bash("millrace", spec.root().commandLine()));
        return ExitCode.OK.number();
    }
}
