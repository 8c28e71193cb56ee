package io.millrace.cli.demo;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A broker in a process of its own, on one directory: started, killed and started again. The demo's thread drives it; {@link #abandon} may be called from any thread and leaves no process behind.
 */
final class DemoBroker {
    private static final Duration START_TIMEOUT = Duration.ofMinutes(3);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(20);
    private static final int SHOWN_LOG_LINES = 15;

    private final List<String> command;
    private final Path directory;
    private final LongSupplier nanos;
    private final Object lock = new Object();

    @GuardedBy("lock")
    private @Nullable Process process;

    @GuardedBy("lock")
    private boolean abandoned;

    private int port;
    private int httpPort;

    /** @param command what starts a broker; its options follow */
    DemoBroker(List<String> command, Path directory, LongSupplier nanos) {
        this.command = List.copyOf(command);
        this.directory = directory;
        this.nanos = nanos;
    }

    /** Starts a broker, on the ports of the one before where there was one, and waits until it is ready. Returns how long that took. */
    Duration start() throws IOException, InterruptedException {
        long startNanos = nanos.getAsLong();
        Path ready = directory.resolve("ready");
        Files.deleteIfExists(ready);
        List<String> full = new ArrayList<>(command);
        full.addAll(List.of(
                "--data",
                dataDirectory().toString(),
                "--port",
                String.valueOf(port),
                "--http-port",
                String.valueOf(httpPort),
                "--ready-file",
                ready.toString()));
        Process started = spawn(full);
        while (!Files.exists(ready)) {
            if (started.waitFor(10, TimeUnit.MILLISECONDS)) {
                throw new IOException(
                        "the broker ended with exit code " + started.exitValue() + " before it was ready");
            }
            if (nanos.getAsLong() - startNanos > START_TIMEOUT.toNanos()) {
                throw new IOException("the broker was not ready within " + START_TIMEOUT.toMinutes() + " min");
            }
        }
        ReadyFile ports = ReadyFile.read(ready);
        port = ports.port();
        httpPort = ports.httpPort();
        return Duration.ofNanos(nanos.getAsLong() - startNanos);
    }

    private Process spawn(List<String> full) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(full);
        Map<String, String> environment = builder.environment();
        // The demo runs on what is built, and needs no large heap.
        environment.put("MILLRACE_NO_BUILD", "1");
        environment.putIfAbsent("MILLRACE_HEAP", "512m");
        builder.redirectErrorStream(true);
        builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
        builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()));
        synchronized (lock) {
            if (abandoned) {
                throw new IOException("the demo is ending");
            }
            Process started = builder.start();
            process = started;
            return started;
        }
    }

    /** kill -9: the broker has no chance to write anything more. */
    void kill() throws InterruptedException {
        Process running = running();
        running.destroyForcibly();
        running.waitFor();
    }

    /** Asks the broker to end, and makes it end where it does not. */
    void stop() throws InterruptedException {
        Process running = running();
        running.destroy();
        if (!running.waitFor(STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
            kill();
        }
    }

    /** Kills what runs; nothing can be started afterwards. */
    void abandon() {
        synchronized (lock) {
            abandoned = true;
            if (process != null) {
                process.destroyForcibly();
            }
        }
    }

    private Process running() {
        synchronized (lock) {
            if (process == null) {
                throw new IllegalStateException("the broker was not started");
            }
            return process;
        }
    }

    long pid() {
        return running().pid();
    }

    String address() {
        return "127.0.0.1:" + port;
    }

    String metricsUrl() {
        return "http://127.0.0.1:" + httpPort + "/metrics";
    }

    Path dataDirectory() {
        return directory.resolve("data");
    }

    Path log() {
        return directory.resolve("broker.log");
    }

    /** The last lines of the log; empty: there are none. */
    String logTail() throws IOException {
        List<String> lines = Files.exists(log()) ? Files.readAllLines(log()) : List.of();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - SHOWN_LOG_LINES), lines.size()));
    }
}
