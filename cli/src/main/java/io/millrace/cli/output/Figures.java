package io.millrace.cli.output;

import java.time.Duration;
import java.util.Locale;

/** Figures as a person reads them; the same in every locale. */
public final class Figures {
    private static final String[] BYTE_UNITS = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};

    private Figures() {}

    /** Such as {@code 200,000}. */
    public static String count(long count) {
        return String.format(Locale.ROOT, "%,d", count);
    }

    /** A count with its noun, such as {@code 1 record} or {@code 200,000 records}. */
    public static String count(long count, String one) {
        return count(count) + " " + (count == 1 ? one : one + "s");
    }

    /** In powers of ten, such as {@code 18.0 MB}. */
    public static String bytes(long bytes) {
        return scaled((double) bytes);
    }

    private static String scaled(double bytes) {
        int unit = 0;
        double shown = bytes;
        while (shown >= 999.5 && unit < BYTE_UNITS.length - 1) {
            shown /= 1000;
            unit++;
        }
        return (unit == 0 ? String.format(Locale.ROOT, "%.0f", shown) : threeDigits(shown)) + " " + BYTE_UNITS[unit];
    }

    /** So many in so much time, such as {@code 87,300/s}: three digits count. */
    public static String rate(long count, Duration time) {
        return count(rounded(perSecond(count, time))) + "/s";
    }

    public static String byteRate(long bytes, Duration time) {
        return scaled(perSecond(bytes, time)) + "/s";
    }

    /** Such as {@code 340 ms}, {@code 2.4 s}, {@code 3 min 05 s}. */
    public static String duration(Duration time) {
        long millis = time.toMillis();
        if (millis < 995) {
            return millis + " ms";
        }
        if (millis < 59_950) {
            return String.format(Locale.ROOT, "%.1f s", millis / 1000.0);
        }
        long seconds = Math.round(millis / 1000.0);
        if (seconds < 3600) {
            return String.format(Locale.ROOT, "%d min %02d s", seconds / 60, seconds % 60);
        }
        return String.format(Locale.ROOT, "%d h %02d min", seconds / 3600, seconds % 3600 / 60);
    }

    private static double perSecond(long count, Duration time) {
        return count / Math.max(1e-9, time.toNanos() / 1e9);
    }

    private static long rounded(double value) {
        if (value < 1000) {
            return Math.round(value);
        }
        double unit = Math.pow(10, Math.floor(Math.log10(value)) - 2);
        return Math.round(Math.round(value / unit) * unit);
    }

    private static String threeDigits(double value) {
        return String.format(Locale.ROOT, value < 9.995 ? "%.2f" : value < 99.95 ? "%.1f" : "%.0f", value);
    }
}
