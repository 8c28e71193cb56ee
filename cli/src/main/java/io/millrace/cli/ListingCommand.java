package io.millrace.cli;

import io.millrace.cli.output.RecordJson;
import io.millrace.cli.output.Table;
import picocli.CommandLine.Option;

/** A command that shows something: as a table for people, or as JSON for scripts. */
abstract class ListingCommand extends ClientCommand {
    enum Output {
        TABLE,
        JSON
    }

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "table",
            description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}.")
    private Output output = Output.TABLE;

    ListingCommand(Terminal terminal) {
        super(terminal);
    }

    protected final boolean json() {
        return output == Output.JSON;
    }

    protected final void printJson(Object value) {
        terminal.out().println(RecordJson.of(value));
    }

    protected final void print(String line) {
        terminal.out().println(line);
    }

    protected final void print(Table table) {
        table.lines("", terminal.outStyle()).forEach(terminal.out()::println);
    }
}
