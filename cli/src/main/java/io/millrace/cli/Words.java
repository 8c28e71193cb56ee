package io.millrace.cli;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Values as they are typed and printed. */
final class Words {
    private Words() {}

    /** Such as {@code ranges}. */
    static String of(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Such as {@code a=1, b=2}; a dash where there is nothing. */
    static String of(Map<String, String> settings) {
        return settings.isEmpty()
                ? "-"
                : new TreeMap<>(settings)
                        .entrySet().stream()
                                .map(entry -> entry.getKey() + "=" + entry.getValue())
                                .collect(Collectors.joining(", "));
    }
}
