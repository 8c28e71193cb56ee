package io.millrace.cli.input;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/**
 * Points in time as text: ISO 8601 with a zone ({@code 2001-01-08T00:00Z}, {@code 2001-01-08T00:00:00.250+01:00}) or whole milliseconds since the epoch. Remembers the last one, as
 * neighbouring events often share it. Not thread safe.
 */
public final class Timestamps {
    private @Nullable String lastText;
    private long lastMillis;

    /** Milliseconds since the epoch. */
    public long parseMillis(String text) throws BadLineException {
        if (text.equals(lastText)) {
            return lastMillis;
        }
        long millis = parse(text);
        lastText = text;
        lastMillis = millis;
        return millis;
    }

    /** As {@link #parseMillis}, and a day alone too, which means its start in UTC. */
    public static long parsePointMillis(String text) throws BadLineException {
        if (text.length() == 10 && text.charAt(4) == '-' && text.charAt(7) == '-') {
            try {
                return checked(
                        LocalDate.parse(text)
                                .atStartOfDay(ZoneOffset.UTC)
                                .toInstant()
                                .toEpochMilli(),
                        text);
            } catch (DateTimeException e) {
                throw unreadable(text, e);
            }
        }
        return parse(text);
    }

    private static long parse(String text) throws BadLineException {
        if (isWholeNumber(text)) {
            try {
                return checked(Long.parseLong(text), text);
            } catch (NumberFormatException e) {
                throw unreadable(text, e);
            }
        }
        try {
            return checked(OffsetDateTime.parse(text).toInstant().toEpochMilli(), text);
        } catch (DateTimeException | ArithmeticException e) {
            throw unreadable(text, e);
        }
    }

    private static long checked(long millis, String text) throws BadLineException {
        if (millis < 0) {
            throw new BadLineException("the time \"" + text + "\" is before 1970, which a record cannot carry");
        }
        return millis;
    }

    private static boolean isWholeNumber(String text) {
        int from = text.startsWith("-") ? 1 : 0;
        for (int at = from; at < text.length(); at++) {
            if (text.charAt(at) < '0' || text.charAt(at) > '9') {
                return false;
            }
        }
        return text.length() > from;
    }

    private static BadLineException unreadable(String text, Exception cause) {
        String shown = text.length() > 60 ? text.substring(0, 60) + "..." : text;
        return new BadLineException(
                "\"" + shown + "\" is no time: it must look like 2001-01-08T00:00Z or be milliseconds since the epoch",
                cause);
    }
}
