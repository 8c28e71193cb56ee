package io.millrace.cli.input;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonToken;
import io.millrace.client.ProducerRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A line is a JSON value, kept byte for byte; key and time are taken from it by JSON pointers (RFC 6901). The whole line is checked, and nothing but what the pointers name is
 * kept. Where a name stands twice in an object, the last one counts. Not thread safe.
 */
public final class NdjsonParser implements RecordParser {
    private static final JsonFactory JSON = new JsonFactory();

    private final RecordTemplate template;
    private final @Nullable JsonPointer keyPointer;
    private final @Nullable JsonPointer timePointer;
    private final Timestamps timestamps = new Timestamps();

    private @Nullable String key;
    private @Nullable String time;

    /** @param keyPointer {@code null}: no keys; {@code timePointer} {@code null}: the time of the send */
    public NdjsonParser(RecordTemplate template, @Nullable String keyPointer, @Nullable String timePointer) {
        this.template = template;
        this.keyPointer = compile(keyPointer);
        this.timePointer = compile(timePointer);
    }

    private static @Nullable JsonPointer compile(@Nullable String pointer) {
        if (pointer == null) {
            return null;
        }
        if (!pointer.startsWith("/")) {
            throw new IllegalArgumentException(
                    "a JSON pointer begins with a slash, as in /origin or /user/id: \"" + pointer + "\"");
        }
        return JsonPointer.compile(pointer);
    }

    @Override
    public ProducerRecord parse(byte[] buffer, int start, int length) throws BadLineException {
        key = null;
        time = null;
        try (JsonParser json = JSON.createParser(buffer, start, length)) {
            if (json.nextToken() == null) {
                throw new BadLineException("there is no JSON value in it");
            }
            visit(json, keyPointer, timePointer);
            if (json.nextToken() != null) {
                throw new BadLineException("there is more than one JSON value in it");
            }
        } catch (JacksonException e) {
            long column = e.getLocation() == null ? -1 : e.getLocation().getByteOffset() - start;
            throw new BadLineException(
                    "it is no JSON: "
                            + e.getOriginalMessage().lines().findFirst().orElse("")
                            + (column >= 0 ? " (at byte " + column + ")" : "")
                            + (column == 0 ? "; for plain text there is --format lines" : ""),
                    e);
        } catch (IOException e) {
            throw new BadLineException("it is no JSON: " + e.getMessage(), e);
        }
        byte @Nullable [] keyBytes =
                keyPointer == null ? null : found(key, keyPointer).getBytes(StandardCharsets.UTF_8);
        Long timestampMillis = timePointer == null ? null : (Long) timestamps.parseMillis(found(time, timePointer));
        return template.record(timestampMillis, keyBytes, Arrays.copyOfRange(buffer, start, start + length));
    }

    private static String found(@Nullable String text, JsonPointer pointer) throws BadLineException {
        if (text == null) {
            throw new BadLineException("there is nothing at " + pointer);
        }
        return text;
    }

    /** Looks at the value that begins here; the pointers are what is left of them below it, {@code null} where they lead elsewhere. */
    private void visit(JsonParser json, @Nullable JsonPointer toKey, @Nullable JsonPointer toTime)
            throws IOException, BadLineException {
        if (toKey != null && toKey.matches()) {
            key = scalar(json, keyPointer);
        }
        if (toTime != null && toTime.matches()) {
            time = scalar(json, timePointer);
        }
        JsonToken token = json.currentToken();
        if (token == JsonToken.START_OBJECT && (toKey != null || toTime != null)) {
            while (json.nextToken() != JsonToken.END_OBJECT) {
                String name = json.currentName();
                json.nextToken();
                visit(
                        json,
                        toKey == null ? null : toKey.matchProperty(name),
                        toTime == null ? null : toTime.matchProperty(name));
            }
        } else if (token == JsonToken.START_ARRAY && (toKey != null || toTime != null)) {
            for (int at = 0; json.nextToken() != JsonToken.END_ARRAY; at++) {
                visit(
                        json,
                        toKey == null ? null : toKey.matchElement(at),
                        toTime == null ? null : toTime.matchElement(at));
            }
        } else {
            json.skipChildren();
        }
    }

    private static String scalar(JsonParser json, @Nullable JsonPointer pointer) throws IOException, BadLineException {
        JsonToken token = json.currentToken();
        if (token == JsonToken.VALUE_NULL) {
            throw new BadLineException("the value at " + pointer + " is null");
        }
        if (!token.isScalarValue()) {
            throw new BadLineException("the value at " + pointer + " must be a text, number or truth value, not an "
                    + (token == JsonToken.START_OBJECT ? "object" : "array"));
        }
        return json.getText();
    }
}
