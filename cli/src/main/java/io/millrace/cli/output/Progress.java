package io.millrace.cli.output;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * One line that says how far long work is, written over itself on a terminal at most five times a second; silent elsewhere, so that logs stay readable. For one thread.
 */
public final class Progress {
    private static final long PAUSE_NANOS = 200_000_000;
    private static final long FIRST_ETA_NANOS = 1_000_000_000;

    private final PrintStream out;
    private final boolean terminal;
    private final LongSupplier nanos;
    private final String what;
    private final long startNanos;
    private long lastNanos;
    private int shownLength;

    /** @param what the noun of what is counted, in the plural */
    public Progress(PrintStream out, boolean terminal, LongSupplier nanos, String what) {
        this.out = out;
        this.terminal = terminal;
        this.nanos = nanos;
        this.what = what;
        this.startNanos = nanos.getAsLong();
        this.lastNanos = startNanos;
    }

    public Duration elapsed() {
        return Duration.ofNanos(nanos.getAsLong() - startNanos);
    }

    /**
     * Tells how far it is; cheap enough for every record where {@code count} has moved little.
     *
     * @param done how much of the whole, 0 to 1; negative: not known
     */
    public void update(long count, double done) {
        if (!terminal) {
            return;
        }
        long now = nanos.getAsLong();
        if (now - lastNanos < PAUSE_NANOS) {
            return;
        }
        lastNanos = now;
        show(line(count, done, now - startNanos));
    }

    private String line(long count, double done, long tookNanos) {
        StringBuilder line = new StringBuilder();
        if (done >= 0) {
            line.append(String.format(Locale.ROOT, "%3.0f %%  ", Math.min(1, done) * 100));
        }
        line.append(Figures.count(count)).append(' ').append(what);
        line.append("  ").append(Figures.rate(count, Duration.ofNanos(tookNanos)));
        if (done > 0.005 && done < 1 && tookNanos > FIRST_ETA_NANOS) {
            Duration left = Duration.ofNanos((long) (tookNanos * (1 - done) / done));
            line.append("  ").append(Figures.duration(left)).append(" left");
        }
        return line.toString();
    }

    private void show(String line) {
        String over = " ".repeat(Math.max(0, shownLength - line.length()));
        out.print("\r" + line + over);
        out.flush();
        shownLength = line.length();
    }

    /** Clears the line, so that something else can be printed. */
    public void clear() {
        if (shownLength > 0) {
            out.print("\r" + " ".repeat(shownLength) + "\r");
            out.flush();
            shownLength = 0;
        }
    }
}
