package io.millrace.it.cluster;

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

/** The process of a broker, from its launch on: it is not waited for. Its output is appended to {@code broker.log} in its directory. Used by one thread at a time. */
final class BrokerProcess {
    private final Path directory;
    private final boolean wrapped;
    private final Process process;

    /**
     * Starts one.
     *
     * @param wrapper a command that runs it, such as a tracer; empty: none
     * @param options of the command line, besides data directory and ready file
     */
    BrokerProcess(Path directory, List<String> wrapper, List<String> jvmOptions, List<String> options) {
        this.directory = directory;
        this.wrapped = !wrapper.isEmpty();
        try {
            Files.createDirectories(directory);
            Files.deleteIfExists(readyFile());
            List<String> command = new ArrayList<>(wrapper);
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(jvmFlags());
            command.addAll(jvmOptions);
            command.addAll(List.of("-cp", System.getProperty("java.class.path"), "io.millrace.broker.Main", "broker"));
            command.addAll(List.of("--data", data().toString()));
            command.addAll(List.of("--ready-file", readyFile().toString()));
            command.addAll(options);
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> jvmFlags() {
        return List.of(
                "-XX:+IgnoreUnrecognizedVMOptions",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Djava.util.concurrent.ForkJoinPool.common.parallelism=2");
    }

    Process process() {
        return process;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    Path data() {
        return directory.resolve("data");
    }

    Path log() {
        return directory.resolve("broker.log");
    }

    private Path readyFile() {
        return directory.resolve("ready.json");
    }

    boolean isReady() {
        return process.isAlive() && Files.exists(readyFile());
    }

    /** What the broker says of itself; it must be ready. */
    JsonNode ready() {
        try {
            return new ObjectMapper().readTree(readyFile().toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** kill -9, and waits until the process is gone. */
    void kill() {
        // The wrapper's child is what holds the data; a tracer ends with it.
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        awaitEnd(Duration.ofSeconds(20));
    }

    /** SIGTERM; returns the exit code. */
    int stop() {
        if (wrapped) {
            process.descendants().forEach(ProcessHandle::destroy);
        }
        if (!wrapped || process.descendants().findAny().isEmpty()) {
            process.destroy();
        }
        awaitEnd(Duration.ofSeconds(40));
        return process.exitValue();
    }

    /** The process stands still until {@link #resume}: its sockets stay open, and nobody answers. */
    void pause() {
        signal("STOP");
    }

    void resume() {
        signal("CONT");
    }

    private void signal(String name) {
        Commands.run("kill", "-" + name, Long.toString(process.pid()));
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

    String logTail() {
        try {
            List<String> lines = Files.readAllLines(log());
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 30), lines.size()));
        } catch (IOException e) {
            return "(no log: " + e + ")";
        }
    }
}
