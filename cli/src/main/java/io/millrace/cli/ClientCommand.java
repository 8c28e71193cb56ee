package io.millrace.cli;

import io.millrace.client.MillraceClient;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that talks to a cluster. Checks its options before it connects. */
abstract class ClientCommand implements Callable<Integer> {
    protected final Terminal terminal;

    @Mixin
    protected ConnectionOptions connection = new ConnectionOptions();

    @Spec
    protected CommandSpec spec = CommandSpec.create();

    ClientCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public final Integer call() throws Exception {
        check();
        try (MillraceClient client = connection.open()) {
            return run(client).number();
        }
    }

    /** Refuses options that do not fit together, with {@link #usage}. */
    protected void check() {}

    protected abstract ExitCode run(MillraceClient client) throws Exception;

    protected ParameterException usage(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
