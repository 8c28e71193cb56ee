package io.millrace.cli.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.client.Header;
import io.millrace.client.ProducerRecord;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecordParserTest {
    private static final RecordTemplate FLIGHTS = new RecordTemplate("flights", null, List.of());

    private static ProducerRecord parse(RecordParser parser, String line) throws BadLineException {
        byte[] padded = ("##" + line + "##").getBytes(StandardCharsets.UTF_8);
        return parser.parse(padded, 2, padded.length - 4);
    }

    private static String text(byte @Nullable [] bytes) {
        return bytes == null ? "(none)" : new String(bytes, StandardCharsets.UTF_8);
    }

    @Test
    void takesKeyAndTimeFromJsonAndKeepsTheLineAsItIs() throws BadLineException {
        NdjsonParser parser = new NdjsonParser(FLIGHTS, "/origin", "/date");
        String line = "{\"date\":\"2001-01-01T00:01Z\", \"delay\":33,\"origin\":\"LAS\"}";
        ProducerRecord record = parse(parser, line);
        assertThat(text(record.key())).isEqualTo("LAS");
        assertThat(text(record.value())).isEqualTo(line);
        assertThat(record.timestampMillis()).isEqualTo(978_307_260_000L);
        assertThat(record.partition()).isNull();
    }

    @Test
    void setsTopicPartitionAndHeadersOfTheTemplate() throws BadLineException {
        RecordTemplate template = new RecordTemplate("t", 3, List.of(Header.of("source", "test")));
        ProducerRecord record = parse(new NdjsonParser(template, null, null), "17");
        assertThat(record.topic()).isEqualTo("t");
        assertThat(record.partition()).isEqualTo(3);
        assertThat(record.headers()).hasSize(1);
        assertThat(record.key()).isNull();
        assertThat(record.timestampMillis()).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/a/b        | {\"a\":{\"x\":{\"b\":1},\"b\":\"k\"}}            | k",
                "/a/1        | {\"a\":[\"x\",\"k\",\"y\"]}                   | k",
                "/a~1b       | {\"a/b\":\"k\"}                               | k",
                "/n          | {\"n\":12.50}                                 | 12.50",
                "/n          | {\"n\":true}                                  | true",
                "/k          | {\"k\":\"old\",\"k\":\"new\"}                 | new",
                "/k          | {\"k\":\"\\u00e9\"}                           | é",
                "/k          | {\"deep\":[[[{\"k\":\"no\"}]]],\"k\":\"yes\"} | yes"
            })
    void followsPointers(String pointer, String json, String expected) throws BadLineException {
        assertThat(text(parse(new NdjsonParser(FLIGHTS, pointer, null), json).key()))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"date\":\"2001-01-01T00:01Z\"}                    | nothing at /origin",
                "{\"origin\":null,\"date\":\"2001-01-01T00:01Z\"}    | the value at /origin is null",
                "{\"origin\":{},\"date\":\"2001-01-01T00:01Z\"}      | not an object",
                "{\"origin\":\"LAS\",\"date\":\"yesterday\"}         | \"yesterday\" is no time",
                "{\"origin\":\"LAS\",\"date\":\"2001-01-01T00:01\"}  | is no time",
                "{\"origin\":\"LAS\",\"date\":12.5}                  | is no time",
                "{\"origin\":\"LAS\",\"date\":-1}                    | before 1970",
                "{\"origin\":\"LAS\",\"date\":1} {}                  | more than one JSON value",
                "{\"origin\":\"LAS\",\"date\":1                      | it is no JSON",
                "{\"origin\":\"LAS\",\"date\":1,}                    | it is no JSON",
                "origin=LAS                                          | it is no JSON",
                "'   '                                               | no JSON value"
            })
    void refusesLinesThatAreNoRecord(String line, String reason) {
        NdjsonParser parser = new NdjsonParser(FLIGHTS, "/origin", "/date");
        assertThatThrownBy(() -> parse(parser, line))
                .isInstanceOf(BadLineException.class)
                .hasMessageContaining(reason);
    }

    @Test
    void refusesNestingThatWouldExhaustTheStack() {
        NdjsonParser parser = new NdjsonParser(FLIGHTS, "/origin", null);
        assertThatThrownBy(() -> parse(parser, "[".repeat(100_000))).isInstanceOf(BadLineException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"origin", "", "$.origin"})
    void refusesPointerWithoutSlash(String pointer) {
        assertThatThrownBy(() -> new NdjsonParser(FLIGHTS, pointer, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("begins with a slash");
    }

    @Test
    void splitsLinesAtTheFirstSeparator() throws BadLineException {
        LinesParser parser = new LinesParser(FLIGHTS, "::");
        ProducerRecord record = parse(parser, "k::v::w");
        assertThat(text(record.key())).isEqualTo("k");
        assertThat(text(record.value())).isEqualTo("v::w");
        assertThat(text(parse(parser, "::").key())).isEmpty();
        assertThatThrownBy(() -> parse(parser, "k:v"))
                .isInstanceOf(BadLineException.class)
                .hasMessageContaining("no key separator \"::\"");
    }

    @Test
    void takesWholeLinesAsValuesWithoutSeparator() throws BadLineException {
        ProducerRecord record = parse(new LinesParser(FLIGHTS, null), "a\tb");
        assertThat(record.key()).isNull();
        assertThat(text(record.value())).isEqualTo("a\tb");
    }

    @ParameterizedTest
    @CsvSource({
        "2001-01-08T00:00Z,             978912000000",
        "2001-01-08T00:00:00.250Z,      978912000250",
        "2001-01-08T01:00:00+01:00,     978912000000",
        "978912000000,                  978912000000",
        "0,                             0"
    })
    void readsTimes(String text, long millis) throws BadLineException {
        Timestamps timestamps = new Timestamps();
        assertThat(timestamps.parseMillis(text)).isEqualTo(millis);
        assertThat(timestamps.parseMillis(text)).as("remembered").isEqualTo(millis);
        assertThat(Timestamps.parsePointMillis(text)).isEqualTo(millis);
    }

    @Test
    void takesDayAloneAsItsStartWherePointIsAskedFor() throws BadLineException {
        assertThat(Timestamps.parsePointMillis("2001-01-08")).isEqualTo(978_912_000_000L);
        assertThatThrownBy(() -> new Timestamps().parseMillis("2001-01-08")).isInstanceOf(BadLineException.class);
        assertThatThrownBy(() -> Timestamps.parsePointMillis("2001-13-08")).isInstanceOf(BadLineException.class);
        assertThatThrownBy(() -> Timestamps.parsePointMillis("99999999999999999999"))
                .isInstanceOf(BadLineException.class);
    }
}
