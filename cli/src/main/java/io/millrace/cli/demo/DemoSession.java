package io.millrace.cli.demo;

import io.millrace.cli.output.Figures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Everything around the story: a temporary directory, the broker's command, what is left behind (nothing, unless it is to be kept), also on Ctrl-C and when something fails.
 */
public final class DemoSession {
    private final Demo.Console console;
    private final Setup setup;

    /**
     * What the demo runs on.
     *
     * @param events the file
     * @param parent where the temporary directory is made
     * @param command starts a broker; its options follow
     * @param millrace how a person calls the launcher
     * @param keep leave the broker and its data when it is over
     */
    public record Setup(Path events, Path parent, List<String> command, String millrace, boolean keep) {}

    public DemoSession(Demo.Console console, Setup setup) {
        this.console = console;
        this.setup = setup;
    }

    /** Returns whether every check held. */
    public boolean run() throws IOException, InterruptedException {
        long startNanos = console.nanos().getAsLong();
        console.out()
                .println(console.style().strong("Millrace demo")
                        + ": real events through a real broker, every claim checked");
        Flights flights = Flights.load(setup.events());
        Path directory = Files.createTempDirectory(setup.parent(), "millrace-demo-");
        DemoBroker broker = new DemoBroker(setup.command(), directory, console.nanos());
        Thread hook = new Thread(() -> clear(broker, directory), "demo-cleanup");
        Runtime.getRuntime().addShutdownHook(hook);
        boolean keep = false;
        try {
            Checklist checks = new Demo(console, flights, broker).run();
            keep = setup.keep();
            if (!keep) {
                broker.stop();
            }
            conclude(checks, Duration.ofNanos(console.nanos().getAsLong() - startNanos));
            next(broker, directory, keep);
            return checks.failed() == 0;
        } catch (IOException | RuntimeException e) {
            if (!release(hook)) {
                // Ctrl-C: the hook has killed the broker, which is what failed here. The process ends when the hook is
                // done.
                Thread.currentThread().join();
            }
            lastWords(broker);
            throw e;
        } finally {
            release(hook);
            if (!keep) {
                clear(broker, directory);
            }
        }
    }

    private void lastWords(DemoBroker broker) throws IOException {
        String log = broker.logTail();
        if (!log.isEmpty()) {
            console.chapter("The end of the broker's log");
            log.lines().forEach(console::say);
        }
    }

    private void conclude(Checklist checks, Duration took) {
        console.out().println();
        String time = " (" + Figures.duration(took) + " in all)";
        if (checks.failed() == 0) {
            console.out().println(console.style().good("All " + checks.held() + " checks hold") + time);
        } else {
            console.out()
                    .println(console.style()
                                    .bad(Figures.count(checks.failed(), "check") + " failed, " + checks.held()
                                            + " hold")
                            + time);
        }
    }

    private void next(DemoBroker broker, Path directory, boolean kept) {
        String millrace = setup.millrace();
        console.chapter("Where to go next");
        if (kept) {
            console.say("The broker still runs:");
            console.say("  export MILLRACE_BOOTSTRAP=" + broker.address());
            console.say("  " + millrace + " topic describe flights");
            console.say(
                    "  " + millrace + " consume flights --from time:" + FlightFacts.LATER + " --max 5 --format json");
            console.say("  " + millrace + " group positions demo flights");
            console.say("  curl -s " + broker.metricsUrl());
            console.say("To end it and remove its data: kill " + broker.pid() + "; rm -r " + directory);
            return;
        }
        console.say(millrace + " demo --keep              the same, and the broker stays for you to look around");
        console.say(millrace + " broker --data ./data     a broker of your own");
        console.say(millrace + " --help                   all commands");
        console.say("README.md and docs/                 how it works, and what it promises");
    }

    /** {@code false}: the process is ending, and the hook does its work. */
    private static boolean release(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    private static void clear(DemoBroker broker, Path directory) {
        broker.abandon();
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(DemoSession::delete);
        } catch (IOException | UncheckedIOException e) {
            System.err.println("millrace: " + directory + " could not be removed whole: " + e.getMessage());
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
