package io.millrace.cli.input;

import io.millrace.client.ProducerRecord;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A line is a value, or a key and a value with a separator between them: the first one counts. Not thread safe. */
public final class LinesParser implements RecordParser {
    private final RecordTemplate template;
    private final byte @Nullable [] separator;
    private final String separatorText;

    /** @param separator {@code null}: the lines have no keys */
    public LinesParser(RecordTemplate template, @Nullable String separator) {
        this.template = template;
        this.separator = separator == null ? null : separator.getBytes(StandardCharsets.UTF_8);
        this.separatorText = separator == null ? "" : separator.replace("\t", "\\t");
        if (separator != null && separator.isEmpty()) {
            throw new IllegalArgumentException("the key separator is empty");
        }
    }

    @Override
    public ProducerRecord parse(byte[] buffer, int start, int length) throws BadLineException {
        int end = start + length;
        if (separator == null) {
            return template.record(null, null, Arrays.copyOfRange(buffer, start, end));
        }
        int at = find(separator, buffer, start, end);
        if (at < 0) {
            throw new BadLineException("there is no key separator \"" + separatorText + "\" in it");
        }
        return template.record(
                null, Arrays.copyOfRange(buffer, start, at), Arrays.copyOfRange(buffer, at + separator.length, end));
    }

    private static int find(byte[] wanted, byte[] buffer, int start, int end) {
        for (int at = start; at <= end - wanted.length; at++) {
            if (Arrays.equals(buffer, at, at + wanted.length, wanted, 0, wanted.length)) {
                return at;
            }
        }
        return -1;
    }
}
