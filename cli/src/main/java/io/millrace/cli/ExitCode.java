package io.millrace.cli;

/** How a command ended, for scripts. The numbers are part of the interface and stand in every {@code --help}. */
public enum ExitCode {
    OK(0, "done"),
    FAILURE(1, "it failed: a bug, a damaged file, a check that did not hold"),
    USAGE(2, "the command line is wrong"),
    /** The JVM's own, as the launcher starts it. */
    OUT_OF_MEMORY(3, "out of memory; MILLRACE_JAVA_OPTS=-Xmx1g gives more"),
    UNAVAILABLE(4, "no answer in time, or not now: a retry makes sense"),
    REFUSED(5, "the data or the request was refused: a retry fails again"),
    NOT_FOUND(6, "no such topic, partition, group or file"),
    UNEQUAL(7, "replicas do not hold equal records, or cannot read what they hold");

    private final int number;
    private final String meaning;

    ExitCode(int number, String meaning) {
        this.number = number;
        this.meaning = meaning;
    }

    public int number() {
        return number;
    }

    public String meaning() {
        return meaning;
    }
}
