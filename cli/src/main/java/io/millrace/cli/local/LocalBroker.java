package io.millrace.cli.local;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One broker of a local cluster: a process, and a thread that hands on its lines. Thread safe. */
final class LocalBroker {
    private final int id;
    private final Path directory;
    private final int port;
    private final List<String> command;
    private final Consumer<String> lines;

    @GuardedBy("this")
    private @Nullable Process process;

    @GuardedBy("this")
    private boolean isStopping;

    /**
     * @param launcher what starts a broker; its options follow
     * @param directory with the data and the ready file
     * @param port the first of five
     * @param lines is given each line of output, on one thread
     */
    LocalBroker(int id, List<String> launcher, Path directory, int port, String seeds, Consumer<String> lines) {
        this.id = id;
        this.directory = directory;
        this.port = port;
        this.lines = lines;
        List<String> full = new ArrayList<>(launcher);
        full.addAll(List.of(
                "--data",
                directory.resolve("data").toString(),
                "--port",
                Integer.toString(port),
                "--http-port",
                Integer.toString(port + 1),
                "--ready-file",
                ready().toString()));
        for (String setting : List.of(
                "cluster.broker-id=" + id,
                "cluster.seeds=" + seeds,
                "cluster.port=" + clusterPort(port),
                "cluster.raft-port=" + (port + 3),
                "cluster.payload-port=" + (port + 4))) {
            full.addAll(List.of("--set", setting));
        }
        this.command = List.copyOf(full);
    }

    /** Of the five ports that begin with {@code port}. */
    static int clusterPort(int port) {
        return port + 2;
    }

    private Path ready() {
        return directory.resolve("ready");
    }

    void start() throws IOException {
        Files.createDirectories(directory);
        Files.deleteIfExists(ready());
        ProcessBuilder builder = new ProcessBuilder(command);
        Map<String, String> environment = builder.environment();
        environment.put("MILLRACE_NO_BUILD", "1");
        environment.putIfAbsent("MILLRACE_HEAP", "512m");
        builder.redirectErrorStream(true);
        builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
        Process started;
        synchronized (this) {
            if (isStopping) {
                throw new IOException("the cluster is ending");
            }
            started = builder.start();
            process = started;
        }
        Thread pump = new Thread(() -> pump(started), "broker-" + id + "-output");
        pump.setDaemon(true);
        pump.start();
    }

    private void pump(Process from) {
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(from.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.accept(line);
            }
            lines.accept("ended with exit code " + from.waitFor());
        } catch (IOException e) {
            lines.accept("its output cannot be read: " + e);
        } catch (UncheckedIOException e) {
            // Nobody reads us any more.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    int id() {
        return id;
    }

    String address() {
        return "127.0.0.1:" + port;
    }

    boolean isReady() {
        return Files.exists(ready());
    }

    synchronized boolean isAlive() {
        return process != null && process.isAlive();
    }

    /** Asks the broker to stop, and lets no other be started. */
    void stop() {
        synchronized (this) {
            isStopping = true;
            if (process != null) {
                process.destroy();
            }
        }
    }

    /** Waits for its end; where it does not come in time, makes it. */
    void awaitEnd(long timeoutMillis) throws InterruptedException {
        Process running;
        synchronized (this) {
            running = process;
        }
        if (running != null && !running.waitFor(timeoutMillis, TimeUnit.MILLISECONDS)) {
            running.destroyForcibly();
            running.waitFor();
        }
    }
}
