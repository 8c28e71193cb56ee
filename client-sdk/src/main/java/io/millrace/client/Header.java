package io.millrace.client;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A header of a record. The array is not copied: whoever hands it over does not change it before the send has returned. A
 * {@code null} value is not an empty one. Keys that begin with {@code millrace-} are reserved.
 */
public record Header(String key, byte @Nullable [] value) {

    public static Header of(String key, String value) {
        return new Header(key, value.getBytes(StandardCharsets.UTF_8));
    }
}
