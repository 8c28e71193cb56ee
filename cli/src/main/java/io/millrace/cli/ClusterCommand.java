package io.millrace.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "cluster",
        header = "Look after a cluster, or try one on this machine.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Examples:", "  millrace cluster local --nodes 3", "  millrace cluster status"})
final class ClusterCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    static CommandLine commandLine(Terminal terminal) {
        return new CommandLine(new ClusterCommand())
                .addSubcommand(new ClusterStatusCommand(terminal))
                .addSubcommand(new ClusterLocalCommand(terminal));
    }

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "'status' or 'local' must follow");
    }
}
