package io.millrace.cli;

import io.millrace.cli.output.Figures;
import io.millrace.client.Admin;
import io.millrace.client.MillraceClient;
import io.millrace.client.PartitionDescription;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "delete",
        header = "Delete a topic and all its records, for ever.",
        footer = {"", "Examples:", "  millrace topic delete flights", "  millrace topic delete flights --yes"})
final class TopicDeleteCommand extends ClientCommand {
    @Parameters(paramLabel = "TOPIC", description = "Its name.")
    private String name = "";

    @Option(
            names = {"-y", "--yes"},
            description = "Do not ask. Needed where no person sits at a terminal.")
    private boolean yes;

    TopicDeleteCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    protected void check() {
        if (!yes && !terminal.inIsTerminal()) {
            throw usage("nobody can be asked here: give --yes to delete the topic and all its records");
        }
    }

    @Override
    protected ExitCode run(MillraceClient client) throws IOException {
        Admin admin = client.admin();
        if (!yes) {
            long records = admin.describeTopic(name).partitions().stream()
                    .mapToLong(PartitionDescription::records)
                    .sum();
            terminal.err()
                    .print("Topic " + name + " holds " + Figures.count(records, "record")
                            + ". Type its name to delete them for ever: ");
            terminal.err().flush();
            String answer = new BufferedReader(new InputStreamReader(terminal.in(), StandardCharsets.UTF_8)).readLine();
            if (answer == null || !answer.trim().equals(name)) {
                terminal.err().println("Nothing was deleted.");
                return ExitCode.FAILURE;
            }
        }
        admin.deleteTopic(name);
        terminal.out().println("deleted topic " + name);
        return ExitCode.OK;
    }
}
