package io.millrace.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.ConsumerRecord;
import io.millrace.client.Header;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class OutputTest {

    private static byte @Nullable [] bytes(@Nullable String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    private static ConsumerRecord record(byte @Nullable [] key, byte @Nullable [] value, Header... headers) {
        return new ConsumerRecord("flights", 3, 17, 978_307_260_000L, key, value, List.of(headers), 2);
    }

    private static String print(RecordFormat format, ConsumerRecord record) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        format.write(record, out);
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void printsValueAlone() throws IOException {
        assertThat(print(RecordFormat.value(), record(bytes("k"), bytes("v")))).isEqualTo("v\n");
        assertThat(print(RecordFormat.value(), record(bytes("k"), null))).isEqualTo("\n");
    }

    @Test
    void printsKeyAndValue() throws IOException {
        RecordFormat format = RecordFormat.keyAndValue(new byte[] {'\t'});
        assertThat(print(format, record(bytes("k"), bytes("v")))).isEqualTo("k\tv\n");
        assertThat(print(format, record(null, bytes("v")))).isEqualTo("\tv\n");
    }

    @Test
    void setsJsonValuesIntoJson() throws IOException {
        assertThat(print(RecordFormat.json(), record(bytes("LAS"), bytes("{\"delay\": 33}"))))
                .isEqualTo(
                        "{\"topic\":\"flights\",\"partition\":3,\"offset\":17,\"timestamp\":\"2001-01-01T00:01:00Z\","
                                + "\"leaderEpoch\":2,\"key\":\"LAS\",\"value\":{\"delay\": 33}}\n");
    }

    @Test
    void printsOtherValuesAsTextOrBase64() throws IOException {
        assertThat(print(RecordFormat.json(), record(null, bytes("{not json"))))
                .contains("\"key\":null,\"value\":\"{not json\"}");
        assertThat(print(RecordFormat.json(), record(null, bytes("17")))).contains("\"value\":\"17\"}");
        assertThat(print(RecordFormat.json(), record(null, bytes("{} {}")))).contains("\"value\":\"{} {}\"}");
        assertThat(print(RecordFormat.json(), record(null, bytes("{\n}")))).contains("\"value\":\"{\\n}\"}");
        assertThat(print(RecordFormat.json(), record(new byte[] {-1}, null)))
                .contains("\"keyBase64\":\"/w==\",\"value\":null}");
        assertThat(print(RecordFormat.json(), record(null, bytes("v"), Header.of("h", "x"), new Header("n", null))))
                .contains("\"headers\":[{\"key\":\"h\",\"value\":\"x\"},{\"key\":\"n\",\"value\":null}]}");
    }

    @Test
    void printsFiguresForPeople() {
        assertThat(Figures.count(200_000)).isEqualTo("200,000");
        assertThat(Figures.count(1, "record")).isEqualTo("1 record");
        assertThat(Figures.count(0, "record")).isEqualTo("0 records");
        assertThat(Figures.bytes(999)).isEqualTo("999 B");
        assertThat(Figures.bytes(18_049_535)).isEqualTo("18.0 MB");
        assertThat(Figures.bytes(999_999)).isEqualTo("1.00 MB");
        assertThat(Figures.rate(200_000, Duration.ofMillis(2300))).isEqualTo("87,000/s");
        assertThat(Figures.rate(5, Duration.ofSeconds(10))).isEqualTo("1/s");
        assertThat(Figures.byteRate(18_049_535, Duration.ofSeconds(2))).isEqualTo("9.02 MB/s");
        assertThat(Figures.duration(Duration.ofMillis(340))).isEqualTo("340 ms");
        assertThat(Figures.duration(Duration.ofMillis(2_440))).isEqualTo("2.4 s");
        assertThat(Figures.duration(Duration.ofMillis(185_001))).isEqualTo("3 min 05 s");
        assertThat(Figures.duration(Duration.ofMinutes(125))).isEqualTo("2 h 05 min");
    }

    @Test
    void alignsTables() {
        Table table = new Table("origin", ">events").row("ORD", "11,015").row("ATLANTA", 5);
        assertThat(table.lines("  ", Style.PLAIN))
                .containsExactly("  origin   events", "  ORD      11,015", "  ATLANTA       5");
        assertThat(table.lines("", Style.COLOUR).get(0)).isEqualTo("\u001b[1morigin   events\u001b[0m");
    }

    @Test
    void writesRecordsAsJson() {
        record Inner(
                String name, OptionalLong lag, @Nullable String none) {}
        record Outer(int id, List<Inner> inner, Map<String, Boolean> flags) {}
        String json =
                RecordJson.of(new Outer(7, List.of(new Inner("a\"b", OptionalLong.empty(), null)), Map.of("up", true)));
        assertThat(json.replaceAll("\\s+", ""))
                .isEqualTo(
                        "{\"id\":7,\"inner\":[{\"name\":\"a\\\"b\",\"lag\":null,\"none\":null}],\"flags\":{\"up\":true}}");
    }

    @Test
    void tellsProgressWithRateAndTimeLeftOnTerminalOnly() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        AtomicLong nanos = new AtomicLong();
        Progress progress =
                new Progress(new PrintStream(out, true, StandardCharsets.UTF_8), true, nanos::get, "records");
        progress.update(1, 0.1);
        assertThat(out.size()).as("too early").isZero();
        nanos.set(2_000_000_000);
        progress.update(50_000, 0.25);
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("\r 25 %  50,000 records  25,000/s  6.0 s left");
        progress.clear();
        assertThat(out.toString(StandardCharsets.UTF_8)).endsWith(" \r");

        ByteArrayOutputStream log = new ByteArrayOutputStream();
        Progress silent =
                new Progress(new PrintStream(log, true, StandardCharsets.UTF_8), false, nanos::get, "records");
        nanos.addAndGet(5_000_000_000L);
        silent.update(1, 0.5);
        silent.clear();
        assertThat(log.size()).isZero();
    }
}
