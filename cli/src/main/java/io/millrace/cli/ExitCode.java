package io.millrace.cli;

/** How a command ended, for scripts. The numbers are part of the interface and stand in every {@code --help}. */
public enum ExitCode {
    OK(0, "done"),
    FAILURE(1, "it failed: a bug, a damaged file, a check that did not hold"),
    USAGE(2, "the command line is wrong"),
    NOT_FOUND(3, "no such topic, partition, group or file"),
    UNAVAILABLE(4, "no answer in time, or not now: a retry makes sense"),
    REFUSED(5, "the data or the request was refused: a retry fails again");

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
