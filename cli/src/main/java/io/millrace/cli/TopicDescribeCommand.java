package io.millrace.cli;

import io.millrace.cli.output.Figures;
import io.millrace.cli.output.Table;
import io.millrace.client.MillraceClient;
import io.millrace.client.PartitionDescription;
import io.millrace.client.TopicDescription;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "describe",
        header = "Show a topic, its partitions and what they hold.",
        footer = {
            "",
            "Examples:",
            "  millrace topic describe flights",
            "  millrace topic describe flights --settings",
            "  millrace topic describe flights -o json | jq '[.partitions[].records] | add'"
        })
final class TopicDescribeCommand extends ListingCommand {
    @Parameters(paramLabel = "TOPIC", description = "Its name.")
    private String name = "";

    @Option(names = "--settings", description = "Show all settings with the value in force.")
    private boolean settings;

    TopicDescribeCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    protected ExitCode run(MillraceClient client) {
        TopicDescription topic = client.admin().describeTopic(name);
        if (json()) {
            printJson(topic);
        } else {
            show(topic);
        }
        return ExitCode.OK;
    }

    private void show(TopicDescription topic) {
        print("topic        " + topic.name());
        print("id           " + topic.id());
        print("replication  " + topic.replication());
        print("placement    " + Words.of(topic.placement()));
        print("settings     " + Words.of(topic.config()));
        long records = topic.partitions().stream()
                .mapToLong(PartitionDescription::records)
                .sum();
        long bytes = topic.partitions().stream()
                .mapToLong(PartitionDescription::bytes)
                .sum();
        print("holds        " + Figures.count(records, "record") + ", " + Figures.bytes(bytes));
        print("");
        Table table = new Table(">PARTITION", ">SHARD", ">LEADER", ">EPOCH", ">START", ">END", ">RECORDS", ">BYTES");
        for (PartitionDescription partition : topic.partitions()) {
            table.row(
                    partition.partition(),
                    partition.shard(),
                    partition.leader() < 0 ? "none" : String.valueOf(partition.leader()),
                    partition.leaderEpoch(),
                    Figures.count(partition.logStart()),
                    Figures.count(partition.logEnd()),
                    Figures.count(partition.records()),
                    Figures.bytes(partition.bytes()));
        }
        print(table);
        if (settings) {
            print("");
            Table values = new Table("SETTING", "VALUE", "");
            new TreeMap<>(topic.effectiveConfig())
                    .forEach((key, value) ->
                            values.row(key, value, topic.config().containsKey(key) ? "set" : "default"));
            print(values);
        }
    }
}
