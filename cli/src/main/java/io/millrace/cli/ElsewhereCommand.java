package io.millrace.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/** Stands in the list of commands for those of the broker's own program, which the launcher starts. */
abstract class ElsewhereCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Unmatched
    private String[] arguments = {};

    @Override
    public Integer call() {
        throw new CliException(
                ExitCode.USAGE,
                "'" + spec.name()
                        + "' belongs to the broker's program: start it through the launcher, as in ./millrace "
                        + spec.name() + " " + String.join(" ", arguments));
    }

    @Command(name = "broker", header = "Run a broker (see: millrace broker --help).")
    static final class Broker extends ElsewhereCommand {}

    @Command(name = "inspect", header = "Look into the files of a stopped broker (see: millrace inspect --help).")
    static final class Inspect extends ElsewhereCommand {}
}
