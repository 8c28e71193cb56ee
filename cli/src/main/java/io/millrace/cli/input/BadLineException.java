package io.millrace.cli.input;

/** A line of the input cannot become a record. The message says why, without the place. */
public final class BadLineException extends Exception {
    private static final long serialVersionUID = 1L;

    public BadLineException(String reason) {
        super(reason);
    }

    public BadLineException(String reason, Throwable cause) {
        super(reason, cause);
    }
}
