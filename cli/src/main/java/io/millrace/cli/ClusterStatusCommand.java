package io.millrace.cli;

import io.millrace.cli.output.Figures;
import io.millrace.cli.output.Table;
import io.millrace.client.ClusterDescription;
import io.millrace.client.MillraceClient;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;

/** {@code cluster status}: who is there, who leads, who is behind, and what is wrong. */
@Command(
        name = "status",
        header = "Show brokers, shards and replicas, and what is not as it should be.",
        footer = {
            "",
            "Examples:",
            "  millrace cluster status",
            "  millrace status --bootstrap broker-1:7070 -o json",
            "",
            "Ends with 0 where all is well, else as for a cluster that cannot serve all of its partitions."
        })
final class ClusterStatusCommand extends ListingCommand {
    ClusterStatusCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    protected ExitCode run(MillraceClient client) {
        ClusterDescription cluster = client.admin().describeCluster();
        boolean isLed = cluster.shards().stream().allMatch(shard -> shard.leader() >= 0);
        ExitCode code = isLed && cluster.problems().isEmpty() ? ExitCode.OK : ExitCode.UNAVAILABLE;
        if (json()) {
            printJson(cluster);
            return code;
        }
        print("cluster  " + cluster.id());
        print("version  " + cluster.version() + " (protocol " + cluster.protocol() + ")");
        print("");
        print(brokers(cluster));
        print("");
        print(shards(cluster));
        if (!cluster.problems().isEmpty()) {
            print("");
            cluster.problems().forEach(problem -> print(terminal.outStyle().bad("! ") + problem));
        }
        return code;
    }

    private static Table brokers(ClusterDescription cluster) {
        Table brokers = new Table(">BROKER", "ADDRESS", "RACK", "STATE", ">LEADS", ">REPLICAS");
        for (ClusterDescription.Broker broker : cluster.brokers()) {
            brokers.row(
                    broker.id(),
                    broker.host() + ":" + broker.port(),
                    broker.rack().isEmpty() ? "-" : broker.rack(),
                    (broker.state().isEmpty() ? "active" : broker.state()) + (broker.reachable() ? "" : ", silent"),
                    cluster.shards().stream()
                            .filter(shard -> shard.leader() == broker.id())
                            .count(),
                    cluster.shards().stream()
                            .flatMap(shard -> shard.replicas().stream())
                            .filter(replica -> replica.broker() == broker.id())
                            .count());
        }
        return brokers;
    }

    private static Table shards(ClusterDescription cluster) {
        Table shards = new Table(">SHARD", "KIND", ">LEADER", ">TERM", ">APPLIED", "REPLICAS (ENTRIES BEHIND)");
        for (ClusterDescription.Shard shard : cluster.shards()) {
            shards.row(
                    shard.id(),
                    shard.kind(),
                    shard.leader() < 0 ? "none" : String.valueOf(shard.leader()),
                    shard.term(),
                    Figures.count(shard.appliedIndex()),
                    replicas(shard.replicas()));
        }
        return shards;
    }

    private static String replicas(List<ClusterDescription.Replica> replicas) {
        return replicas.stream()
                .map(replica -> replica.broker()
                        + (!replica.problem().isEmpty()
                                ? " (" + replica.problem() + ")"
                                : replica.lag() > 0 ? " (" + Figures.count(replica.lag()) + ")" : ""))
                .collect(Collectors.joining(", "));
    }
}
