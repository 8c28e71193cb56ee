package io.millrace.broker;

import io.millrace.broker.cluster.Peer;
import io.millrace.broker.config.BrokerConfig;
import io.millrace.broker.config.ConfigException;
import io.millrace.broker.config.ConfigLoader;
import io.millrace.broker.config.Settings;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code broker}: starts a broker and runs until the process is asked to stop. */
@Command(
        name = "broker",
        description = "Starts a broker and runs until it is stopped (SIGTERM, SIGINT).",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Examples:",
            "  millrace broker --data /var/lib/millrace",
            "  millrace broker --config millrace.yaml --set listen.port=7170",
            "  millrace broker --data /tmp/try --port 0 --http-port 0 --ready-file /tmp/try.json",
            "  millrace broker --data /var/lib/millrace --set cluster.broker-id=1 --set cluster.seeds=a:7072,b:7072,c:7072",
            "",
            "Exit codes:",
            "  1    no leader of the metadata was found, or a bug: the log says why",
            "  2    the command line or a setting is wrong",
            "  3    out of memory",
            "  4    the data directory is locked, or cannot be written",
            "  5    the directory is of another cluster or broker, or of a newer format",
            "  6    the data directory is damaged, or is none",
            "  7    a port is in use",
            "  70   halted: a write or force failed or hung, or Raft failed",
            "  130  stopped by SIGINT (Ctrl-C), in good order",
            "  143  stopped by SIGTERM, in good order"
        })
public final class BrokerCommand implements Callable<Integer> {
    @Option(names = "--config", paramLabel = "FILE", description = "YAML file with settings.")
    private @Nullable Path configFile;

    @Option(names = "--data", paramLabel = "DIR", description = "Data directory (setting data-directory).")
    private @Nullable String data;

    @Option(names = "--port", paramLabel = "PORT", description = "gRPC port; 0 takes a free one (setting listen.port).")
    private @Nullable Integer port;

    @Option(
            names = "--http-port",
            paramLabel = "PORT",
            description = "HTTP port; 0 takes a free one (setting http.port).")
    private @Nullable Integer httpPort;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Any setting; see docs/configuration.md. May be repeated.")
    private List<String> settings = new ArrayList<>();

    @Option(
            names = "--ready-file",
            paramLabel = "FILE",
            description = "Written, whole or not at all, when the broker listens: JSON with host, ports, pid, cluster.")
    private @Nullable Path readyFile;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        try {
            BrokerConfig config = config();
            Broker broker = Broker.start(config, Main.environment());
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(broker), "broker-stop"));
            announce(broker);
            broker.awaitClosed();
            Fault refusal = broker.refusal();
            if (refusal != null) {
                err().println(refusal.message());
                return ExitCode.of(refusal.code()).number();
            }
            return ExitCode.STOPPED.number();
        } catch (ConfigException e) {
            err().println(e.getMessage());
            return ExitCode.USAGE.number();
        } catch (FaultException e) {
            err().println(e.getMessage());
            return ExitCode.of(e.fault().code()).number();
        }
    }

    private BrokerConfig config() {
        ConfigLoader loader = Main.configLoader();
        if (configFile != null) {
            loader.file(configFile);
        }
        loader.environment(System.getenv());
        settings.forEach(loader::set);
        if (data != null) {
            loader.set(Settings.DATA_DIRECTORY.key(), data);
        }
        if (port != null) {
            loader.set(Settings.LISTEN_PORT.key(), port.toString());
        }
        if (httpPort != null) {
            loader.set(Settings.HTTP_PORT.key(), httpPort.toString());
        }
        return loader.load();
    }

    private void announce(Broker broker) {
        out().printf(
                        "Millrace broker is ready: grpc %s:%d, http %s:%d, cluster %s%n",
                        broker.host(), broker.grpcPort(), broker.host(), broker.httpPort(), broker.clusterId());
        out().flush();
        Path file = readyFile;
        if (file != null) {
            try {
                Path half = file.resolveSibling(file.getFileName() + ".new");
                Files.writeString(
                        half,
                        "{\"host\":\"" + broker.host() + "\",\"grpcPort\":" + broker.grpcPort() + ",\"httpPort\":"
                                + broker.httpPort() + ",\"pid\":"
                                + ProcessHandle.current().pid() + ",\"clusterId\":\""
                                + broker.clusterId() + "\"" + peerPorts(broker) + "}\n",
                        StandardCharsets.UTF_8);
                Files.move(half, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (IOException e) {
                broker.close();
                throw new UncheckedIOException("cannot write the ready file " + file, e);
            }
        }
    }

    private static String peerPorts(Broker broker) {
        Peer peer = broker.peer();
        return peer == null
                ? ""
                : ",\"brokerId\":" + peer.broker() + ",\"clusterPort\":" + peer.clusterPort() + ",\"raftPort\":"
                        + peer.raftPort() + ",\"payloadPort\":" + peer.payloadPort();
    }

    private void stop(Broker broker) {
        broker.close();
        Path file = readyFile;
        if (file != null) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                err().println("The ready file " + file + " is left behind: " + e);
            }
        }
    }

    private PrintWriter out() {
        return commandLine().getOut();
    }

    private PrintWriter err() {
        return commandLine().getErr();
    }

    private CommandLine commandLine() {
        if (spec == null) {
            throw new IllegalStateException("run by picocli");
        }
        return spec.commandLine();
    }
}
