package io.millrace.broker.config;

import io.millrace.error.ErrorCode;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One setting: its key, form, allowed range, default and meaning. The only place that knows any of these; the loader, the records' own
 * checks and the reference page all ask here. Immutable.
 *
 * @param <T> the value's type
 */
public final class Setting<T extends Comparable<? super T>> {
    private final String key;
    private final String form;
    private final Function<String, T> parser;
    private final Function<T, String> printer;
    private final @Nullable T least;
    private final @Nullable T most;
    private final @Nullable String defaultText;
    private final String meaning;

    private Setting(
            String key,
            String form,
            Function<String, T> parser,
            Function<T, String> printer,
            @Nullable T least,
            @Nullable T most,
            @Nullable String defaultText,
            String meaning) {
        this.key = key;
        this.form = form;
        this.parser = parser;
        this.printer = printer;
        this.least = least;
        this.most = most;
        this.defaultText = defaultText;
        this.meaning = meaning;
    }

    static Setting<Integer> number(String key, int least, int most, String defaultText, String meaning) {
        return new Setting<>(key, "number", Setting::parseNumber, String::valueOf, least, most, defaultText, meaning);
    }

    static Setting<Long> bytes(String key, long least, long most, String defaultText, String meaning) {
        return new Setting<>(key, "size", Quantity::bytes, Quantity::formatBytes, least, most, defaultText, meaning);
    }

    static Setting<Duration> duration(String key, Duration least, Duration most, String defaultText, String meaning) {
        return new Setting<>(
                key, "duration", Quantity::duration, Quantity::formatDuration, least, most, defaultText, meaning);
    }

    /** @param defaultText null: must be set */
    static Setting<String> text(String key, @Nullable String defaultText, String meaning) {
        return new Setting<>(key, "text", String::strip, value -> value, null, null, defaultText, meaning);
    }

    private static Integer parseNumber(String text) {
        try {
            return Integer.valueOf(text.strip());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("is not a whole number", e);
        }
    }

    /** The path in the YAML file: {@code listen.port}. */
    public String key() {
        return key;
    }

    /** {@code MILLRACE_LISTEN_PORT}. */
    public String environmentVariable() {
        return "MILLRACE_" + key.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    public String form() {
        return form;
    }

    public @Nullable String defaultText() {
        return defaultText;
    }

    public String meaning() {
        return meaning;
    }

    /** The allowed range for a person; empty where any value of the form is allowed. */
    public String range() {
        return least == null || most == null ? "" : printer.apply(least) + " to " + printer.apply(most);
    }

    T parse(String text, String origin) {
        T value;
        try {
            value = parser.apply(text);
        } catch (IllegalArgumentException e) {
            throw refused("'" + text + "' (" + origin + ") " + e.getMessage());
        }
        return check(value, origin);
    }

    /** The value, where it is in range. */
    T check(T value) {
        return check(value, "given by the program");
    }

    private T check(T value, String origin) {
        if (least != null && most != null && (value.compareTo(least) < 0 || value.compareTo(most) > 0)) {
            throw refused("'" + printer.apply(value) + "' (" + origin + ") is out of range");
        }
        return value;
    }

    ConfigException refused(String why) {
        String allowed = range().isEmpty() ? "" : "; allowed: " + range();
        String standard = defaultText == null || defaultText.isEmpty() ? "" : "; default: " + defaultText;
        return new ConfigException(ErrorCode.INVALID_CONFIG, key + ": " + why + allowed + standard + ". " + meaning);
    }
}
