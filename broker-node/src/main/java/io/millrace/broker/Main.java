package io.millrace.broker;

import io.millrace.broker.config.ConfigLoader;
import io.millrace.storage.FailStop;
import java.io.IOException;
import java.nio.file.Files;
import java.time.InstantSource;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The broker's process: the only place here that knows the real clock, chance and exit. */
@Command(
        name = "millrace-broker",
        description = "Runs and inspects a Millrace broker.",
        mixinStandardHelpOptions = true,
        subcommands = {BrokerCommand.class, InspectCommand.class})
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new Main()).execute(args));
    }

    /** Of this process. */
    static Environment environment() {
        bridgeLogging();
        FailStop halt = (what, cause) -> {
            LoggerFactory.getLogger(Main.class).error("HALT: durability cannot be promised any more: {}", what, cause);
            Runtime.getRuntime().halt(ExitCode.HALTED.number());
        };
        RandomGenerator random = () -> ThreadLocalRandom.current().nextLong();
        return new Environment(
                InstantSource.system(),
                System::nanoTime,
                random,
                halt,
                directory -> {
                    try {
                        return Files.getFileStore(directory).getUsableSpace();
                    } catch (IOException e) {
                        // Unknown is not full: the write itself will tell.
                        return Long.MAX_VALUE;
                    }
                },
                ProcessHandle.current().pid());
    }

    static ConfigLoader configLoader() {
        Runtime runtime = Runtime.getRuntime();
        return new ConfigLoader(runtime.availableProcessors(), runtime.maxMemory());
    }

    /** Ratis' shaded gRPC logs through java.util.logging. */
    private static void bridgeLogging() {
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
    }
}
