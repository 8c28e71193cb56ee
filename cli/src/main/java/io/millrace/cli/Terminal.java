package io.millrace.cli;

import io.millrace.cli.output.Style;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a command sees of the world around it: streams, whether a person sits at them, environment, a monotonic clock, and where Millrace is installed. Handed in, so that commands can be tested.
 *
 * @param rawOut the standard output without a PrintStream around it, which would swallow that the reader is gone
 * @param outIsTerminal a person reads the output
 * @param errIsTerminal a person reads the messages, and lines may be written over
 * @param home the folder of the launcher; {@code null}: started without it
 */
public record Terminal(
        InputStream in,
        OutputStream rawOut,
        PrintStream out,
        PrintStream err,
        boolean inIsTerminal,
        boolean outIsTerminal,
        boolean errIsTerminal,
        Map<String, String> environment,
        LongSupplier nanos,
        @Nullable Path home) {

    public Style outStyle() {
        return style(outIsTerminal);
    }

    public Style errStyle() {
        return style(errIsTerminal);
    }

    /** NO_COLOR: https://no-color.org; a dumb terminal knows no colours. */
    private Style style(boolean terminal) {
        boolean unwanted = !environment.getOrDefault("NO_COLOR", "").isEmpty()
                || environment.getOrDefault("TERM", "").equals("dumb");
        return terminal && !unwanted ? Style.COLOUR : Style.PLAIN;
    }
}
