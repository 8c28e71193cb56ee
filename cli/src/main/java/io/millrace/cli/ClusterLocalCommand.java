package io.millrace.cli;

import io.millrace.cli.local.LocalCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "local",
        header = "Run a cluster of a few brokers on this machine.",
        description =
                "Starts broker processes that form one cluster, shows their output, each line with the broker's id"
                        + " before it, and stops them with Ctrl-C. For trying out: they share one machine and its disk.",
        footer = {
            "",
            "Examples:",
            "  millrace cluster local --nodes 3",
            "  millrace cluster local --nodes 3 --data ./cluster --port 9000",
            "",
            "Broker N takes the ports from PORT + 10 (N-1) on: clients, HTTP, cluster, Raft, payload."
        })
final class ClusterLocalCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Option(
            names = "--nodes",
            paramLabel = "N",
            defaultValue = "3",
            description = "1, 3 or 5; default: ${DEFAULT-VALUE}.")
    private int nodes;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Where the brokers keep their data, and find it again the next time. Default: a temporary"
                    + " directory, which is removed at the end.")
    private @Nullable Path data;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "7070",
            description = "The first port; default: ${DEFAULT-VALUE}.")
    private int port;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    ClusterLocalCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        if (nodes != 1 && nodes != 3 && nodes != 5) {
            throw new ParameterException(spec.commandLine(), "--nodes is 1, 3 or 5, not " + nodes);
        }
        if (port < 1 || port + nodes * LocalCluster.PORTS_PER_BROKER > 65_535) {
            throw new ParameterException(
                    spec.commandLine(), "--port " + port + " leaves no room for the brokers' ports");
        }
        Path home = terminal.home();
        if (home == null) {
            throw new CliException(
                    ExitCode.USAGE, "the brokers are started through the launcher: run it as ./millrace cluster local");
        }
        Path directory = data == null ? Files.createTempDirectory("millrace-cluster-") : data.toAbsolutePath();
        LocalCluster cluster = new LocalCluster(
                List.of(home.resolve("millrace").toString(), "broker"),
                directory,
                nodes,
                port,
                terminal.out(),
                terminal.outStyle());
        // The interrupt waits for the whole of it, the removal too.
        boolean isStopped = Interruption.during(() -> runIn(cluster, directory), cluster::stop);
        return (isStopped ? ExitCode.OK : ExitCode.FAILURE).number();
    }

    private boolean runIn(LocalCluster cluster, Path directory) throws IOException, InterruptedException {
        try {
            return cluster.run();
        } finally {
            if (data == null) {
                clear(directory);
            }
        }
    }

    private void clear(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(ClusterLocalCommand::delete);
        } catch (IOException | UncheckedIOException e) {
            terminal.err().println("millrace: " + directory + " could not be removed whole: " + e.getMessage());
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
