package io.millrace.cli;

import io.millrace.cli.output.Figures;
import io.millrace.cli.output.Table;
import io.millrace.client.ClusterDescription;
import io.millrace.client.MillraceClient;
import picocli.CommandLine.Command;

@Command(
        name = "cluster",
        aliases = "status",
        header = "Show the brokers and shards of the cluster.",
        footer = {"", "Examples:", "  millrace cluster", "  millrace status --bootstrap broker-1:7070 -o json"})
final class ClusterCommand extends ListingCommand {
    ClusterCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    protected ExitCode run(MillraceClient client) {
        ClusterDescription cluster = client.admin().describeCluster();
        if (json()) {
            printJson(cluster);
            return ExitCode.OK;
        }
        print("cluster  " + cluster.id());
        print("version  " + cluster.version() + " (protocol " + cluster.protocol() + ")");
        print("");
        Table brokers = new Table(">BROKER", "ADDRESS", "RACK");
        for (ClusterDescription.Broker broker : cluster.brokers()) {
            brokers.row(
                    broker.id(),
                    broker.host() + ":" + broker.port(),
                    broker.rack().isEmpty() ? "-" : broker.rack());
        }
        print(brokers);
        print("");
        Table shards = new Table(">SHARD", "KIND", ">LEADER", ">TERM", ">APPLIED");
        boolean leaderless = false;
        for (ClusterDescription.Shard shard : cluster.shards()) {
            leaderless |= shard.leader() < 0;
            shards.row(
                    shard.id(),
                    shard.kind(),
                    shard.leader() < 0 ? "none" : String.valueOf(shard.leader()),
                    shard.term(),
                    Figures.count(shard.appliedIndex()));
        }
        print(shards);
        return leaderless ? ExitCode.UNAVAILABLE : ExitCode.OK;
    }
}
