package io.millrace.client;

import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Reads settings from text: each key is taken once, and {@link #finish} refuses what nobody took, so that a misspelt key cannot pass. Not thread safe.
 */
final class Settings {
    private final String prefix;
    private final Map<String, String> rest;
    private final SortedSet<String> known;

    Settings(Map<String, String> properties) {
        this("", new HashMap<>(properties), new TreeSet<>());
    }

    private Settings(String prefix, Map<String, String> rest, SortedSet<String> known) {
        this.prefix = prefix;
        this.rest = rest;
        this.known = known;
    }

    /** The same settings, for keys that stand behind a prefix. */
    Settings under(String deeper) {
        return new Settings(prefix + deeper, rest, known);
    }

    void text(String key, Consumer<String> set) {
        known.add(prefix + key);
        String value = rest.remove(prefix + key);
        if (value != null) {
            set.accept(value.trim());
        }
    }

    void millis(String key, Consumer<Duration> set) {
        integer(key, value -> set.accept(Duration.ofMillis(value)));
    }

    void integer(String key, Consumer<Long> set) {
        text(key, value -> {
            try {
                set.accept(Long.parseLong(value));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(prefix + key + " must be a whole number, not \"" + value + "\"", e);
            }
        });
    }

    void flag(String key, Consumer<Boolean> set) {
        text(key, value -> {
            if (!value.equalsIgnoreCase("true") && !value.equalsIgnoreCase("false")) {
                throw new IllegalArgumentException(prefix + key + " must be true or false, not \"" + value + "\"");
            }
            set.accept(Boolean.parseBoolean(value));
        });
    }

    <E extends Enum<E>> void choice(String key, Class<E> type, Consumer<E> set) {
        text(key, value -> {
            for (E each : type.getEnumConstants()) {
                if (each.name().equalsIgnoreCase(value)) {
                    set.accept(each);
                    return;
                }
            }
            throw new IllegalArgumentException(prefix + key + " must be one of "
                    + Arrays.toString(type.getEnumConstants()) + ", not \"" + value + "\"");
        });
    }

    void finish() {
        if (!rest.isEmpty()) {
            throw new IllegalArgumentException(
                    "unknown settings " + new TreeSet<>(rest.keySet()) + "; known are " + known);
        }
    }

    /** Checks a range and names the key: {@code low <= value <= high}. */
    static long within(String key, long value, long low, long high) {
        if (value < low || value > high) {
            throw new IllegalArgumentException(key + " must be between " + low + " and " + high + ", not " + value);
        }
        return value;
    }

    static int intWithin(String key, long value, int low, int high) {
        return (int) within(key, value, low, high);
    }

    static Duration within(String key, Duration value, Duration low, Duration high) {
        if (value.compareTo(low) < 0 || value.compareTo(high) > 0) {
            throw new IllegalArgumentException(key + " must be between " + low.toMillis() + " and " + high.toMillis()
                    + " milliseconds, not " + value.toMillis());
        }
        return value;
    }
}
