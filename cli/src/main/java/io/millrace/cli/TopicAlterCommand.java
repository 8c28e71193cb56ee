package io.millrace.cli;

import io.millrace.client.MillraceClient;
import io.millrace.client.TopicDescription;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "alter",
        header = "Change settings of a topic.",
        footer = {
            "",
            "Examples:",
            "  millrace topic alter flights --set max.batch.bytes=1048576",
            "  millrace topic alter flights --reset max.batch.bytes"
        })
final class TopicAlterCommand extends ClientCommand {
    @Parameters(paramLabel = "TOPIC", description = "Its name.")
    private String name = "";

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "A setting and its new value; may be repeated.")
    private Map<String, String> set = new LinkedHashMap<>();

    @Option(
            names = "--reset",
            paramLabel = "KEY",
            description = "A setting that returns to its default; may be repeated.")
    private List<String> reset = new ArrayList<>();

    TopicAlterCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    protected void check() {
        if (set.isEmpty() && reset.isEmpty()) {
            throw usage("nothing to change: give --set KEY=VALUE or --reset KEY");
        }
        for (String key : reset) {
            if (set.containsKey(key)) {
                throw usage(key + " cannot be set and reset at once");
            }
        }
    }

    @Override
    protected ExitCode run(MillraceClient client) {
        TopicDescription topic = client.admin().alterTopicConfig(name, set, reset);
        terminal.out().println("settings of topic " + topic.name() + ": " + Words.of(topic.config()));
        return ExitCode.OK;
    }
}
