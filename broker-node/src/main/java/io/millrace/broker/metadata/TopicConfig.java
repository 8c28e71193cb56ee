package io.millrace.broker.metadata;

import io.millrace.broker.config.Spelling;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a topic: which there are, what they allow, and what is in force. Pure. A key that has no effect yet is not accepted.
 *
 * @param maxBatchBytes largest record batch, header included
 */
public record TopicConfig(int maxBatchBytes, Timestamps timestamps) {
    public static final String MAX_BATCH_BYTES = "max.batch.bytes";
    public static final String TIMESTAMP_TYPE = "timestamp.type";

    private static final int LEAST_BATCH_BYTES = 1024;
    private static final int DEFAULT_BATCH_BYTES = 4 << 20;
    private static final List<String> KEYS = List.of(MAX_BATCH_BYTES, TIMESTAMP_TYPE);

    /** Whose clock a record's timestamp is. */
    public enum Timestamps {
        CREATE_TIME("CreateTime"),
        LOG_APPEND_TIME("LogAppendTime");

        private final String text;

        Timestamps(String text) {
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }

        static @Nullable Timestamps of(String text) {
            for (Timestamps value : values()) {
                if (value.text.toLowerCase(Locale.ROOT).equals(text.toLowerCase(Locale.ROOT))) {
                    return value;
                }
            }
            return null;
        }
    }

    /** What is in force where {@code set} was set on a broker that allows batches of {@code limitBytes}. Values are taken as checked. */
    public static TopicConfig effective(Map<String, String> set, int limitBytes) {
        String bytes = set.get(MAX_BATCH_BYTES);
        Timestamps timestamps = Timestamps.of(set.getOrDefault(TIMESTAMP_TYPE, Timestamps.CREATE_TIME.toString()));
        return new TopicConfig(
                Math.min(limitBytes, bytes == null ? DEFAULT_BATCH_BYTES : Integer.parseInt(bytes)),
                timestamps == null ? Timestamps.CREATE_TIME : timestamps);
    }

    /** All keys with their values, as text. */
    public SortedMap<String, String> asMap() {
        SortedMap<String, String> all = new TreeMap<>();
        all.put(MAX_BATCH_BYTES, Integer.toString(maxBatchBytes));
        all.put(TIMESTAMP_TYPE, timestamps.toString());
        return all;
    }

    /** What is wrong with the first wrong pair; null where nothing is. */
    public static @Nullable Fault fault(String resource, Map<String, String> set, int limitBytes) {
        Fault unknown = unknownKey(resource, set.keySet());
        if (unknown != null) {
            return unknown;
        }
        String bytes = set.get(MAX_BATCH_BYTES);
        if (bytes != null && !isWithin(bytes, LEAST_BATCH_BYTES, limitBytes)) {
            return invalid(
                    resource,
                    MAX_BATCH_BYTES,
                    bytes,
                    LEAST_BATCH_BYTES + " to " + limitBytes + " bytes (the broker's limits.max-batch-bytes)");
        }
        String type = set.get(TIMESTAMP_TYPE);
        if (type != null && Timestamps.of(type) == null) {
            return invalid(resource, TIMESTAMP_TYPE, type, "CreateTime or LogAppendTime");
        }
        return null;
    }

    public static @Nullable Fault unknownKey(String resource, Collection<String> keys) {
        for (String key : new ArrayList<>(keys)) {
            if (!KEYS.contains(key)) {
                String suggestion = Spelling.closest(key, KEYS)
                        .map(known -> " Did you mean '" + known + "'?")
                        .orElse("");
                return Fault.of(
                        ErrorCode.UNKNOWN_CONFIG,
                        resource,
                        "There is no topic setting '" + key + "'." + suggestion + " Known: " + String.join(", ", KEYS)
                                + ".");
            }
        }
        return null;
    }

    private static boolean isWithin(String text, long least, long most) {
        try {
            long value = Long.parseLong(text);
            return least <= value && value <= most;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static Fault invalid(String resource, String key, String value, String allowed) {
        return Fault.of(
                ErrorCode.INVALID_CONFIG,
                resource,
                key + ": '" + value + "' is not allowed; allowed: " + allowed + ".");
    }
}
