package io.millrace.cli;

import io.millrace.cli.input.BadLineException;
import io.millrace.cli.input.Timestamps;
import io.millrace.client.StartAt;
import java.time.Instant;

/** A place in a partition as it is typed: {@code start}, {@code end}, {@code offset:N}, {@code time:T}. */
final class StartPoint {
    private StartPoint() {}

    /** @throws IllegalArgumentException with a sentence that says what is expected */
    static StartAt parse(String text) {
        if (text.equals("start")) {
            return StartAt.start();
        }
        if (text.equals("end")) {
            return StartAt.end();
        }
        if (text.startsWith("offset:")) {
            try {
                return StartAt.offset(Long.parseLong(text.substring("offset:".length())));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("an offset is a whole number, 0 or more, as in offset:1000", e);
            }
        }
        if (text.startsWith("time:")) {
            try {
                return StartAt.time(
                        Instant.ofEpochMilli(Timestamps.parsePointMillis(text.substring("time:".length()))));
            } catch (BadLineException e) {
                throw new IllegalArgumentException(e.getMessage(), e);
            }
        }
        throw new IllegalArgumentException("expected start, end, offset:N or time:T");
    }
}
