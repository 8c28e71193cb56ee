package io.millrace.cli;

import io.millrace.cli.output.Figures;
import io.millrace.client.Admin;
import io.millrace.client.MillraceClient;
import io.millrace.client.MillraceException;
import io.millrace.client.NewTopic;
import io.millrace.client.Placement;
import io.millrace.client.TopicDescription;
import io.millrace.error.ErrorCode;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "create",
        header = "Make a topic.",
        footer = {
            "",
            "Examples:",
            "  millrace topic create flights --partitions 6",
            "  millrace topic create orders --partitions 12 --placement modulo --if-not-exists",
            "  millrace topic create clicks --config timestamp.type=LogAppendTime --validate-only"
        })
final class TopicCreateCommand extends ClientCommand {
    @Parameters(paramLabel = "TOPIC", description = "Its name: letters, digits, '.', '_' and '-'.")
    private String name = "";

    @Option(
            names = {"-p", "--partitions"},
            paramLabel = "N",
            description = "How many partitions. Default: the cluster's.")
    private int partitions;

    @Option(
            names = {"-r", "--replication"},
            paramLabel = "N",
            description = "How many copies of each record. Default: the cluster's.")
    private int replication;

    @Option(
            names = "--placement",
            paramLabel = "HOW",
            defaultValue = "ranges",
            description = "How keys find their partition: ${COMPLETION-CANDIDATES}; client: each record names it."
                    + " Default: ${DEFAULT-VALUE}.")
    private Placement placement = Placement.RANGES;

    @Option(
            names = {"-c", "--config"},
            paramLabel = "KEY=VALUE",
            description = "A setting of the topic; may be repeated.")
    private Map<String, String> config = new LinkedHashMap<>();

    @Option(names = "--if-not-exists", description = "A topic of this name is taken as it is, whatever its settings.")
    private boolean ifNotExists;

    @Option(names = "--validate-only", description = "Check everything, make nothing.")
    private boolean validateOnly;

    TopicCreateCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    protected void check() {
        if (partitions < 0) {
            throw usage("--partitions must be 1 or more, not " + partitions);
        }
        if (replication < 0) {
            throw usage("--replication must be 1 or more, not " + replication);
        }
    }

    @Override
    protected ExitCode run(MillraceClient client) {
        Admin admin = client.admin();
        NewTopic topic = new NewTopic(name, partitions, replication, placement, config);
        if (validateOnly) {
            terminal.out().println("valid: " + summary(admin.validateTopic(topic)) + "; nothing was made");
            return ExitCode.OK;
        }
        try {
            terminal.out().println("created " + summary(admin.createTopic(topic)));
        } catch (MillraceException e) {
            if (!ifNotExists || e.code() != ErrorCode.TOPIC_ALREADY_EXISTS) {
                throw e;
            }
            terminal.out().println("exists: " + summary(admin.describeTopic(name)));
        }
        return ExitCode.OK;
    }

    private static String summary(TopicDescription topic) {
        return "topic " + topic.name() + " (" + Figures.count(topic.partitions().size(), "partition") + ", replication "
                + topic.replication() + ", placement " + Words.of(topic.placement()) + ")";
    }
}
