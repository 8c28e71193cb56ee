package io.millrace.cli;

import io.millrace.cli.output.RecordFormat;
import io.millrace.cli.source.ConsumerSource;
import io.millrace.client.ClaimedPosition;
import io.millrace.client.Consumer;
import io.millrace.client.FoundOffset;
import io.millrace.client.MillraceClient;
import io.millrace.client.PartitionDescription;
import io.millrace.client.StartAt;
import io.millrace.client.TopicPartition;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "consume",
        header = "Print records.",
        description = "Prints records, a line each. Stops at the end that was there when it began, unless --follow.",
        footer = {
            "",
            "Records of one partition come in the order of their offsets; partitions are mixed.",
            "With --group the group's positions decide where it begins, and what was printed is committed.",
            "--format json: a value that is a JSON object or array is set in as it is, other text is a string,",
            "bytes that are no UTF-8 stand under valueBase64.",
            "",
            "Examples:",
            "  millrace consume flights --max 10",
            "  millrace consume flights --from time:2001-01-08T00:00Z --format json | jq .value.delay",
            "  millrace consume flights --partition 3 --from offset:1000 --max 1",
            "  millrace consume orders --group billing --follow"
        })
final class ConsumeCommand extends ClientCommand {
    enum Format {
        VALUE,
        JSON,
        KEY_VALUE;

        @Override
        public String toString() {
            return Words.of(this);
        }
    }

    @Parameters(paramLabel = "TOPIC", description = "What to read.")
    private String topic = "";

    @Option(
            names = "--from",
            paramLabel = "PLACE",
            defaultValue = "start",
            description = "start, end, offset:N (with --partition), or time:T: the first record at or after T, such as"
                    + " time:2001-01-08T00:00Z. For a group: where it begins as long as it has no position."
                    + " Default: ${DEFAULT-VALUE}.")
    private String from = "start";

    @Option(
            names = {"-p", "--partition"},
            paramLabel = "N",
            split = ",",
            description = "Only these partitions, with commas between them. Default: all.")
    private List<Integer> partitions = new ArrayList<>();

    @Option(
            names = {"-g", "--group"},
            paramLabel = "NAME",
            description = "Read for this group: go on where it stands, take its partitions over, commit.")
    private @Nullable String group;

    @Option(
            names = {"-n", "--max"},
            paramLabel = "N",
            description = "Stop after so many records.")
    private @Nullable Long max;

    @Option(
            names = {"-f", "--format"},
            paramLabel = "FORMAT",
            defaultValue = "value",
            description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private Format format = Format.VALUE;

    @Option(
            names = "--key-separator",
            paramLabel = "TEXT",
            defaultValue = "\t",
            description = "With --format key-value: what stands between the two. Default: a tab.")
    private String keySeparator = "\t";

    @Option(names = "--follow", description = "Wait for more at the end, until Ctrl-C.")
    private boolean follow;

    @Option(
            names = {"-q", "--quiet"},
            description = "No summary; errors alone.")
    private boolean quiet;

    private StartAt start = StartAt.start();

    ConsumeCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    protected void check() {
        try {
            start = StartPoint.parse(from);
        } catch (IllegalArgumentException e) {
            throw usage("--from " + from + ": " + e.getMessage());
        }
        for (int partition : partitions) {
            if (partition < 0) {
                throw usage("--partition must be 0 or more, not " + partition);
            }
        }
        if (max != null && max < 0) {
            throw usage("--max must be 0 or more, not " + max);
        }
        if (start instanceof StartAt.Offset && partitions.size() != 1) {
            throw usage("--from offset:N needs --partition N: each partition counts its offsets for itself");
        }
        if (group != null && group.isEmpty()) {
            throw usage("--group is empty");
        }
    }

    private RecordFormat recordFormat() {
        return switch (format) {
            case VALUE -> RecordFormat.value();
            case JSON -> RecordFormat.json();
            case KEY_VALUE ->
                RecordFormat.keyAndValue(keySeparator.replace("\\t", "\t").getBytes(StandardCharsets.UTF_8));
        };
    }

    @Override
    protected ExitCode run(MillraceClient client) throws Exception {
        List<TopicPartition> chosen = chosen(client);
        try (Consumer consumer = client.newConsumer()) {
            Map<TopicPartition, Long> positions = begin(client, consumer, chosen);
            Map<TopicPartition, Long> ends = follow ? Map.of() : consumer.endOffsets(chosen);
            ConsumeRun run = new ConsumeRun(
                    terminal,
                    new ConsumerSource(consumer, group != null),
                    recordFormat(),
                    new ConsumeRun.Limits(max == null ? Long.MAX_VALUE : max, follow, ends),
                    positions);
            ConsumeRun.Outcome outcome = Interruption.during(run::run, () -> {
                run.stop();
                consumer.wakeup();
            });
            if (!quiet && outcome != ConsumeRun.Outcome.READER_GONE) {
                terminal.err().println(run.summary(topic, group));
            }
            return ExitCode.OK;
        }
    }

    private List<TopicPartition> chosen(MillraceClient client) {
        List<TopicPartition> all = new ArrayList<>();
        for (PartitionDescription each : client.admin().describeTopic(topic).partitions()) {
            all.add(new TopicPartition(topic, each.partition()));
        }
        if (partitions.isEmpty()) {
            return all;
        }
        List<TopicPartition> chosen = new ArrayList<>();
        for (int partition : partitions) {
            TopicPartition wanted = new TopicPartition(topic, partition);
            if (!all.contains(wanted)) {
                throw new CliException(
                        ExitCode.NOT_FOUND,
                        "topic " + topic + " has no partition " + partition + ": it has 0 to " + (all.size() - 1));
            }
            if (!chosen.contains(wanted)) {
                chosen.add(wanted);
            }
        }
        return chosen;
    }

    /** Assigns the partitions and goes to the place; returns where each begins. */
    private Map<TopicPartition, Long> begin(MillraceClient client, Consumer consumer, List<TopicPartition> chosen) {
        Map<TopicPartition, Long> positions = new TreeMap<>();
        if (group != null) {
            consumer.claim(group, chosen, start).forEach((partition, claimed) -> {
                warnOfLoss(partition, claimed);
                positions.put(partition, claimed.position());
            });
            return positions;
        }
        consumer.assign(chosen);
        if (start instanceof StartAt.Offset place) {
            consumer.seek(chosen.get(0), place.offset());
            positions.put(chosen.get(0), place.offset());
            return positions;
        }
        Map<TopicPartition, FoundOffset> found = client.admin().offsets(chosen, start);
        found.forEach((partition, place) -> {
            consumer.seek(partition, place.offset());
            positions.put(partition, place.offset());
        });
        return positions;
    }

    private void warnOfLoss(TopicPartition partition, ClaimedPosition claimed) {
        if (claimed.lostRecords() > 0) {
            terminal.err()
                    .println("millrace: retention took the offsets " + claimed.lostFrom() + " to "
                            + (claimed.lostTo() - 1) + " of " + partition + " before group " + group
                            + " had read them");
        }
    }
}
