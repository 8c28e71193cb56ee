package io.millrace.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "topic",
        header = "Make, show, change and delete topics.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Examples:",
            "  millrace topic create flights --partitions 6",
            "  millrace topic list",
            "  millrace topic describe flights"
        })
final class TopicCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    static CommandLine commandLine(Terminal terminal) {
        return new CommandLine(new TopicCommand())
                .addSubcommand(new TopicCreateCommand(terminal))
                .addSubcommand(new TopicListCommand(terminal))
                .addSubcommand(new TopicDescribeCommand(terminal))
                .addSubcommand(new TopicAlterCommand(terminal))
                .addSubcommand(new TopicDeleteCommand(terminal));
    }

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "one of create, list, describe, alter, delete must follow");
    }
}
