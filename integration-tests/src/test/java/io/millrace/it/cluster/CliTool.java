package io.millrace.it.cluster;

import io.millrace.cli.Main;
import io.millrace.cli.Terminal;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.spi.ToolProvider;

/**
 * The command line tool, as a script uses it: {@link #run} in this process, which costs no start of a JVM, and {@link #launch} through the launcher, laid out as in a release archive.
 * Nobody sits at either terminal. For one test thread.
 */
public final class CliTool {
    private static final int LAUNCH_DEADLINE_SECONDS = 60;

    private final Path home;
    private final String bootstrap;

    /** How a command ended, and what it said. */
    public record Run(int exitCode, String out, String err) {
        public List<String> lines() {
            return out.lines().toList();
        }
    }

    private CliTool(Path home, String bootstrap) {
        this.home = home;
        this.bootstrap = bootstrap;
    }

    /**
     * @param home an empty folder, for the launcher and what it runs
     * @param bootstrap the broker that commands talk to unless they say otherwise
     */
    public static CliTool in(Path home, String bootstrap) throws IOException {
        Path lib = Files.createDirectories(home.resolve("lib"));
        Files.copy(launcher(), home.resolve("millrace"));
        int number = 0;
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path path = Path.of(entry);
            Path jar = lib.resolve(number++ + ".jar");
            if (Files.isDirectory(path)) {
                pack(path, jar);
            } else if (Files.exists(path)) {
                Files.createSymbolicLink(jar, path.toAbsolutePath());
            }
        }
        return new CliTool(home, bootstrap);
    }

    private static Path launcher() {
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            if (Files.isExecutable(folder.resolve("millrace"))) {
                return folder.resolve("millrace");
            }
        }
        throw new IllegalStateException("no launcher above " + Path.of("").toAbsolutePath());
    }

    /** A build that makes no jars has its modules as folders. */
    private static void pack(Path classes, Path jar) {
        ToolProvider tool = ToolProvider.findFirst("jar").orElseThrow();
        int failed = tool.run(System.out, System.err, "-c", "-f", jar.toString(), "-C", classes.toString(), ".");
        if (failed != 0) {
            throw new IllegalStateException("cannot pack " + classes);
        }
    }

    /** Without input. */
    public Run run(String... arguments) {
        return runWith("", arguments);
    }

    public Run runWith(String input, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Terminal terminal = new Terminal(
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                out,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false,
                false,
                false,
                Map.of(),
                System::nanoTime,
                null);
        int exitCode = Main.run(terminal, withBootstrap(arguments));
        return new Run(exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** The environment of this process does not reach the options in {@link #run}; one that is given twice is refused. */
    private String[] withBootstrap(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        boolean talks =
                List.of("topic", "produce", "consume", "group", "cluster").contains(all.get(0));
        if (talks && !all.contains("--bootstrap") && !all.contains("--help")) {
            all.add("--bootstrap");
            all.add(bootstrap);
        }
        return all.toArray(String[]::new);
    }

    /** As a process of its own, with the broker in its environment. */
    public Run launch(String input, String... arguments) throws IOException, InterruptedException {
        Path out = Files.createTempFile(home, "out", ".txt");
        Path err = Files.createTempFile(home, "err", ".txt");
        List<String> command = new ArrayList<>(List.of(home.resolve("millrace").toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("MILLRACE_BOOTSTRAP", bootstrap);
        Process process = builder.start();
        try (OutputStream in = process.getOutputStream()) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // It ended before it read its input: its exit code says why.
        }
        if (!process.waitFor(LAUNCH_DEADLINE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IllegalStateException("did not end: " + command + "\n" + Files.readString(err));
        }
        return new Run(process.exitValue(), Files.readString(out), Files.readString(err));
    }
}
