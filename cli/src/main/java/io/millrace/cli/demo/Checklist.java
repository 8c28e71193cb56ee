package io.millrace.cli.demo;

import io.millrace.cli.output.Figures;
import io.millrace.cli.output.Style;
import java.io.PrintStream;
import java.util.Optional;

/** Prints what was checked and remembers whether all of it held. For one thread. */
final class Checklist {
    private final PrintStream out;
    private final Style style;
    private int held;
    private int failed;

    Checklist(PrintStream out, Style style) {
        this.out = out;
        this.style = style;
    }

    /** A figure that is known. */
    void equal(String claim, long expected, long actual) {
        if (expected == actual) {
            holds(claim + " " + Figures.count(actual));
        } else {
            fails(claim + " " + Figures.count(actual) + ", expected " + Figures.count(expected));
        }
    }

    /** A claim and what contradicts it. */
    void none(String claim, Optional<String> problem) {
        if (problem.isEmpty()) {
            holds(claim);
        } else {
            fails(claim + ": " + problem.get());
        }
    }

    private void holds(String claim) {
        held++;
        out.println("  " + style.good("✓") + " " + claim);
    }

    private void fails(String claim) {
        failed++;
        out.println("  " + style.bad("✗ " + claim));
    }

    int held() {
        return held;
    }

    int failed() {
        return failed;
    }
}
