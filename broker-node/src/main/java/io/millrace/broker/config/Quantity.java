package io.millrace.broker.config;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes and durations as people write them: {@code 256MiB}, {@code 30s}. Pure. */
final class Quantity {
    private static final Pattern FORM = Pattern.compile("(-?\\d+)\\s*([A-Za-z]*)");

    private static final Map<String, Long> BYTES = Map.of(
            "",
            1L,
            "b",
            1L,
            "kib",
            1L << 10,
            "mib",
            1L << 20,
            "gib",
            1L << 30,
            "tib",
            1L << 40,
            "kb",
            1_000L,
            "mb",
            1_000_000L,
            "gb",
            1_000_000_000L);

    private static final Map<String, Long> MILLIS =
            Map.of("ms", 1L, "s", 1_000L, "m", 60_000L, "min", 60_000L, "h", 3_600_000L, "d", 86_400_000L);

    private Quantity() {}

    /** @throws IllegalArgumentException with a message that says how a size is written */
    static long bytes(String text) {
        return product(text, BYTES, "a size such as 64KiB, 256MiB, 4GiB or a plain number of bytes");
    }

    /** A unit is required, so that nobody has to guess it. */
    static Duration duration(String text) {
        return Duration.ofMillis(product(text, MILLIS, "a duration with its unit, such as 250ms, 30s, 5m or 12h"));
    }

    private static long product(String text, Map<String, Long> units, String form) {
        Matcher matcher = FORM.matcher(text.strip());
        Long unit = matcher.matches() ? units.get(matcher.group(2).toLowerCase(Locale.ROOT)) : null;
        if (unit == null) {
            throw new IllegalArgumentException("is not " + form);
        }
        try {
            return Math.multiplyExact(Long.parseLong(matcher.group(1)), unit);
        } catch (ArithmeticException | NumberFormatException e) {
            throw new IllegalArgumentException("is too large a number", e);
        }
    }

    static String formatBytes(long bytes) {
        for (String unit : new String[] {"TiB", "GiB", "MiB", "KiB"}) {
            long size = BYTES.getOrDefault(unit.toLowerCase(Locale.ROOT), 1L);
            if (bytes != 0 && bytes % size == 0) {
                return bytes / size + unit;
            }
        }
        return bytes + "B";
    }

    static String formatDuration(Duration duration) {
        long millis = duration.toMillis();
        for (String unit : new String[] {"d", "h", "m", "s"}) {
            long size = MILLIS.getOrDefault(unit, 1L);
            if (millis != 0 && millis % size == 0) {
                return millis / size + unit;
            }
        }
        return millis + "ms";
    }
}
