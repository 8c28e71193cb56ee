package io.millrace.it.cluster;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

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
    private final Process process;
    private final int port;
    private final int httpPort;

    private ForkedBroker(
            Path directory, List<String> wrapper, List<String> jvmOptions, List<String> brokerOptions, int fixedPort) {
        this.directory = directory;
        this.wrapper = wrapper;
        this.jvmOptions = jvmOptions;
        this.brokerOptions = brokerOptions;
        Path readyFile = directory.resolve("ready.json");
        try {
            Files.createDirectories(directory);
            Files.deleteIfExists(readyFile);
            List<String> command = new ArrayList<>(wrapper);
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(jvmFlags());
            command.addAll(jvmOptions);
            command.addAll(List.of("-cp", System.getProperty("java.class.path"), "io.millrace.broker.Main", "broker"));
            command.addAll(List.of("--data", directory.resolve("data").toString()));
            command.addAll(List.of("--port", Integer.toString(fixedPort), "--http-port", "0"));
            command.addAll(List.of("--ready-file", readyFile.toString()));
            command.addAll(brokerOptions);
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try {
            await().atMost(START_DEADLINE)
                    .pollInterval(Duration.ofMillis(20))
                    .failFast("the broker ended: " + log(), () -> !process.isAlive())
                    .until(() -> Files.exists(readyFile));
            JsonNode ready = new ObjectMapper().readTree(readyFile.toFile());
            port = ready.get("grpcPort").asInt();
            httpPort = ready.get("httpPort").asInt();
        } catch (IOException e) {
            process.destroyForcibly();
            throw new UncheckedIOException(e);
        } catch (RuntimeException e) {
            process.destroyForcibly();
            throw new IllegalStateException("the broker did not start; its log: " + logTail(), e);
        }
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
        return directory.resolve("data");
    }

    public Process process() {
        return process;
    }

    /** kill -9, and waits until the process is gone. */
    public void kill() {
        // The wrapper's child is what holds the data; a tracer ends with it.
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        awaitEnd(Duration.ofSeconds(20));
    }

    /** A planned stop (SIGTERM); returns the exit code. */
    public int stop() {
        if (wrapper.isEmpty()) {
            process.destroy();
        } else {
            process.descendants().forEach(ProcessHandle::destroy);
        }
        awaitEnd(Duration.ofSeconds(40));
        return process.exitValue();
    }

    private void awaitEnd(Duration deadline) {
        try {
            if (!process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException(
                        "the broker did not end within " + deadline + "; its log: " + logTail());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    public Path log() {
        return directory.resolve("broker.log");
    }

    private String logTail() {
        try {
            List<String> lines = Files.readAllLines(log());
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 30), lines.size()));
        } catch (IOException e) {
            return "(no log: " + e + ")";
        }
    }

    private static List<String> jvmFlags() {
        return List.of(
                "-XX:+IgnoreUnrecognizedVMOptions",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Djava.util.concurrent.ForkJoinPool.common.parallelism=2");
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            kill();
        }
    }
}
