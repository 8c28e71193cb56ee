package io.millrace.cli.output;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.millrace.client.ConsumerRecord;
import io.millrace.client.Header;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A record as one JSON object a line. A value that is a JSON object or array is set in as it is, so that {@code jq .value.delay} works; other text is a JSON string, and bytes that are
 * no UTF-8 stand under {@code valueBase64} (key and headers alike). Not thread safe.
 */
final class JsonRecordFormat implements RecordFormat {
    private static final JsonFactory JSON = new JsonFactory().disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);

    @Override
    public void write(ConsumerRecord record, OutputStream out) throws IOException {
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.disable(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM);
            json.writeStartObject();
            json.writeStringField("topic", record.topic());
            json.writeNumberField("partition", record.partition());
            json.writeNumberField("offset", record.offset());
            json.writeStringField(
                    "timestamp", Instant.ofEpochMilli(record.timestampMillis()).toString());
            json.writeNumberField("leaderEpoch", record.leaderEpoch());
            text(json, "key", record.key());
            value(json, record.value());
            if (!record.headers().isEmpty()) {
                json.writeArrayFieldStart("headers");
                for (Header header : record.headers()) {
                    json.writeStartObject();
                    json.writeStringField("key", header.key());
                    text(json, "value", header.value());
                    json.writeEndObject();
                }
                json.writeEndArray();
            }
            json.writeEndObject();
        }
        out.write('\n');
    }

    private static void value(JsonGenerator json, byte @Nullable [] value) throws IOException {
        String text = value == null ? null : utf8(value);
        if (text != null && isContainer(text)) {
            json.writeFieldName("value");
            json.writeRawValue(text);
        } else {
            text(json, "value", value);
        }
    }

    private static void text(JsonGenerator json, String name, byte @Nullable [] bytes) throws IOException {
        if (bytes == null) {
            json.writeNullField(name);
            return;
        }
        String text = utf8(bytes);
        if (text == null) {
            json.writeBinaryField(name + "Base64", bytes);
        } else {
            json.writeStringField(name, text);
        }
    }

    private static @Nullable String utf8(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    /** One line holds one record: JSON that is spread over lines stays a string. */
    private static boolean isContainer(String text) {
        if (text.isEmpty()
                || (text.charAt(0) != '{' && text.charAt(0) != '[')
                || text.indexOf('\n') >= 0
                || text.indexOf('\r') >= 0) {
            return false;
        }
        try (JsonParser parser = JSON.createParser(text)) {
            JsonToken token = parser.nextToken();
            if (token == null) {
                return false;
            }
            parser.skipChildren();
            return parser.nextToken() == null;
        } catch (JacksonException e) {
            return false;
        } catch (IOException e) {
            throw new IllegalStateException("reading from memory failed", e);
        }
    }
}
