package io.millrace.cli;

import io.millrace.cli.output.Table;
import io.millrace.client.MillraceClient;
import io.millrace.client.TopicDescription;
import java.util.List;
import picocli.CommandLine.Command;

@Command(
        name = "list",
        header = "Show all topics.",
        footer = {"", "Examples:", "  millrace topic list", "  millrace topic list -o json | jq -r '.[].name'"})
final class TopicListCommand extends ListingCommand {
    TopicListCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    protected ExitCode run(MillraceClient client) {
        List<TopicDescription> topics = client.admin().listTopics();
        if (json()) {
            printJson(topics);
            return ExitCode.OK;
        }
        if (topics.isEmpty()) {
            terminal.err().println("There are no topics yet; 'millrace topic create NAME' makes one.");
            return ExitCode.OK;
        }
        Table table = new Table("TOPIC", ">PARTITIONS", ">REPLICATION", "PLACEMENT", "SETTINGS");
        for (TopicDescription topic : topics) {
            table.row(
                    topic.name(),
                    topic.partitions().size(),
                    topic.replication(),
                    Words.of(topic.placement()),
                    Words.of(topic.config()));
        }
        print(table);
        return ExitCode.OK;
    }
}
