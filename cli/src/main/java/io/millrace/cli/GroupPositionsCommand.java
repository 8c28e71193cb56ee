package io.millrace.cli;

import io.millrace.cli.output.Figures;
import io.millrace.cli.output.Table;
import io.millrace.client.GroupPosition;
import io.millrace.client.MillraceClient;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "positions",
        header = "Show what a group has committed.",
        description = "Shows what a group has committed on each partition of a topic, and what it has yet to read.",
        footer = {
            "",
            "Examples:",
            "  millrace group positions billing orders",
            "  millrace group positions billing orders -o json"
        })
final class GroupPositionsCommand extends ListingCommand {
    @Parameters(index = "0", paramLabel = "GROUP", description = "The group's name.")
    private String group = "";

    @Parameters(index = "1", paramLabel = "TOPIC", description = "The topic's name.")
    private String topic = "";

    GroupPositionsCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    protected ExitCode run(MillraceClient client) {
        List<GroupPosition> positions = client.positions().of(group, topic);
        if (json()) {
            printJson(positions);
            return ExitCode.OK;
        }
        Table table = new Table(">PARTITION", ">POSITION", ">END", ">LAG", "ORIGIN", ">EPOCH", "COMMITTED");
        long behind = 0;
        for (GroupPosition position : positions) {
            Instant committedAt = position.committedAt();
            OptionalLong lag = position.lag();
            behind += lag.orElse(0);
            table.row(
                    position.topicPartition().partition(),
                    position.position() < 0 ? "-" : Figures.count(position.position()),
                    Figures.count(position.logEnd()),
                    lag.isPresent() ? Figures.count(lag.getAsLong()) : "-",
                    Words.of(position.origin()),
                    position.ownerEpoch(),
                    committedAt == null ? "-" : committedAt.toString());
        }
        print(table);
        print("");
        print("lag " + Figures.count(behind));
        return ExitCode.OK;
    }
}
