package io.millrace.it.cluster;

import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A broker as a process of its own, on free ports of the loopback interface. It can be killed as a power cut would end it, and started again
 * on the same data. Used by one test thread.
 */
public final class ForkedBroker implements AutoCloseable {
    /** What a JVM that stopped in good order on SIGTERM exits with. */
    public static final int ENDED_BY_SIGTERM = 128 + 15;

    private static final Duration START_DEADLINE = Duration.ofSeconds(60);

    private final Path directory;
    private final List<String> wrapper;
    private final List<String> jvmOptions;
    private final List<String> brokerOptions;
    private final BrokerProcess process;
    private final int port;
    private final int httpPort;

    private ForkedBroker(
            Path directory, List<String> wrapper, List<String> jvmOptions, List<String> brokerOptions, int fixedPort) {
        this.directory = directory;
        this.wrapper = wrapper;
        this.jvmOptions = jvmOptions;
        this.brokerOptions = brokerOptions;
        List<String> options = new ArrayList<>(List.of("--port", Integer.toString(fixedPort), "--http-port", "0"));
        options.addAll(brokerOptions);
        process = new BrokerProcess(directory, wrapper, jvmOptions, options);
        try {
            await().atMost(START_DEADLINE)
                    .pollInterval(Duration.ofMillis(20))
                    .failFast("the broker ended: " + log(), () -> !process.isAlive())
                    .until(process::isReady);
        } catch (RuntimeException e) {
            process.process().destroyForcibly();
            throw new IllegalStateException("the broker did not start; its log: " + process.logTail(), e);
        }
        port = process.ready().get("grpcPort").asInt();
        httpPort = process.ready().get("httpPort").asInt();
    }

    public static Builder in(Path directory) {
        return new Builder(directory);
    }

    /** How a broker is to be started. */
    public static final class Builder {
        private final Path directory;
        private List<String> wrapper = List.of();
        private List<String> jvmOptions = List.of("-Xmx512m");
        private List<String> brokerOptions = List.of();

        private Builder(Path directory) {
            this.directory = directory;
        }

        /** A command that runs the broker, such as a tracer. */
        public Builder under(String... command) {
            wrapper = List.of(command);
            return this;
        }

        public Builder jvm(String... options) {
            jvmOptions = List.of(options);
            return this;
        }

        public Builder with(String... options) {
            brokerOptions = List.of(options);
            return this;
        }

        public ForkedBroker start() {
            return new ForkedBroker(directory, wrapper, jvmOptions, brokerOptions, 0);
        }
    }

    /** The same broker again, on the same data and port. This one must have ended. */
    public ForkedBroker restart() {
        if (process.isAlive()) {
            throw new IllegalStateException("the broker still runs");
        }
        return new ForkedBroker(directory, wrapper, jvmOptions, brokerOptions, port);
    }

    public String bootstrap() {
        return "127.0.0.1:" + port;
    }

    public int httpPort() {
        return httpPort;
    }

    public Path data() {
        return process.data();
    }

    public Process process() {
        return process.process();
    }

    /** kill -9, and waits until the process is gone. */
    public void kill() {
        process.kill();
    }

    /** A planned stop (SIGTERM); returns the exit code. */
    public int stop() {
        return process.stop();
    }

    public Path log() {
        return directory.resolve("broker.log");
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            kill();
        }
    }
}
