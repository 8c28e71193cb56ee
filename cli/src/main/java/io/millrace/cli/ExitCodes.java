package io.millrace.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine;

/** The exit codes in the {@code --help} of each command: the same table everywhere, from {@link ExitCode}. */
final class ExitCodes {
    private ExitCodes() {}

    static void describeIn(CommandLine line) {
        Map<String, String> meanings = new LinkedHashMap<>();
        for (ExitCode each : ExitCode.values()) {
            meanings.put(String.valueOf(each.number()), each.meaning());
        }
        line.getCommandSpec()
                .usageMessage()
                .exitCodeListHeading("%nExit codes:%n")
                .exitCodeList(meanings);
        line.getSubcommands().values().forEach(ExitCodes::describeIn);
    }
}
