package io.millrace.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.input.BadLineException;
import io.millrace.cli.output.Style;
import io.millrace.client.ConsumerRecord;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReplayTest {
    private final Flights flights = new Flights(List.of(
            flight("LAS", 1, 33), flight("ATL", 1, -5), flight("LAS", 2, 7), flight("ATL", 3, 0), flight("LAS", 3, 1)));

    private static Flight flight(String origin, int minute, int delay) {
        String json =
                "{\"date\":\"2001-01-01T00:0" + minute + "Z\",\"delay\":" + delay + ",\"origin\":\"" + origin + "\"}";
        try {
            return new Flight.Parser().parse(json.getBytes(StandardCharsets.UTF_8));
        } catch (BadLineException e) {
            throw new AssertionError(e);
        }
    }

    /** The file's events by their number, each origin on a partition of its own. */
    private ConsumerRecord record(int event) {
        Flight flight = flights.events().get(event);
        return record(flight, flight.origin().equals("LAS") ? 0 : 1, flight.timestampMillis(), flight.origin());
    }

    private static ConsumerRecord record(Flight flight, int partition, long timestampMillis, String key) {
        return new ConsumerRecord(
                "flights",
                partition,
                7,
                timestampMillis,
                key.getBytes(StandardCharsets.UTF_8),
                flight.json(),
                List.of(),
                0);
    }

    private Replay replay(int... events) {
        Replay replay = new Replay(flights, flight -> true);
        for (int event : events) {
            replay.accept(record(event));
        }
        return replay;
    }

    @Test
    void acceptsTheFileWithPartitionsMixed() {
        Replay replay = replay(1, 3, 0, 2, 4);
        assertThat(replay.problem()).isEmpty();
        assertThat(replay.events()).isEqualTo(5);
        assertThat(replay.delaySumMinutes()).isEqualTo(36);
        assertThat(replay.origins()).isEqualTo(2);
        assertThat(replay.seen()).containsExactly(new Replay.Seen("LAS", 0, 3, 41), new Replay.Seen("ATL", 1, 2, -5));
    }

    @Test
    void findsEventsOutOfOrder() {
        assertThat(replay(0, 4, 2, 1, 3).problem())
                .hasValueSatisfying(text -> assertThat(text).contains("is not event 2 of LAS"));
    }

    @Test
    void findsMissingEvents() {
        assertThat(replay(0, 1, 2).problem()).contains("2 of 5 events are missing");
        assertThat(replay(1, 3, 2, 4).problem())
                .hasValueSatisfying(text -> assertThat(text).contains("is not event 1 of LAS"));
    }

    @Test
    void findsEventsThatComeTwice() {
        assertThat(replay(0, 0, 1, 2, 3, 4).problem())
                .hasValueSatisfying(text -> assertThat(text).contains("is not event 2 of LAS"));
        assertThat(replay(0, 1, 2, 3, 4, 4).problem())
                .hasValueSatisfying(text -> assertThat(text).contains("is one event of LAS too many"));
    }

    @Test
    void findsChangedRecords() {
        Replay wrongKey = replay();
        wrongKey.accept(
                record(flights.events().get(0), 0, flights.events().get(0).timestampMillis(), "ATL"));
        assertThat(wrongKey.problem()).contains("record 7 of partition 0 has the key of another origin");

        Replay wrongTime = replay();
        wrongTime.accept(record(flights.events().get(0), 0, 5, "LAS"));
        assertThat(wrongTime.problem())
                .hasValueSatisfying(text -> assertThat(text).contains("instead of its own"));

        Replay wrongPartition = replay(0);
        wrongPartition.accept(
                record(flights.events().get(2), 1, flights.events().get(2).timestampMillis(), "LAS"));
        assertThat(wrongPartition.problem())
                .hasValueSatisfying(text -> assertThat(text).contains("stood on partition 0 before"));

        Replay unknown = replay();
        unknown.accept(record(flight("XYZ", 1, 1), 0, flight("XYZ", 1, 1).timestampMillis(), "XYZ"));
        assertThat(unknown.problem()).isPresent();

        Replay noKey = replay();
        noKey.accept(new ConsumerRecord("flights", 0, 7, 0, null, new byte[] {'x'}, List.of(), 0));
        assertThat(noKey.problem()).contains("record 7 of partition 0 has no key");
    }

    @Test
    void passesOverWhatDoesNotCount() {
        Replay replay = new Replay(flights, flight -> flight.origin().equals("ATL"));
        for (int event = 0; event < 5; event++) {
            replay.accept(record(event));
        }
        assertThat(replay.problem()).isEmpty();
        assertThat(replay.events()).isEqualTo(2);
        assertThat(replay.expected()).isEqualTo(2);
    }

    @Test
    void checklistRemembersWhatFailed() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Checklist checks = new Checklist(new PrintStream(out, true, StandardCharsets.UTF_8), Style.PLAIN);
        checks.equal("events:", 5, 5);
        checks.equal("origins:", 2, 3);
        checks.none("order", Optional.of("record 7"));
        assertThat(out.toString(StandardCharsets.UTF_8).lines())
                .containsExactly("  ✓ events: 5", "  ✗ origins: 3, expected 2", "  ✗ order: record 7");
        assertThat(checks.held()).isEqualTo(1);
        assertThat(checks.failed()).isEqualTo(2);
    }

    @Test
    void knowsTheFactsOfTheFile() throws IOException {
        Path file = Path.of("..", "deploy", "demo", "flights-200k.ndjson.gz");
        Flights real = Flights.load(file);
        Replay replay = new Replay(real, flight -> true);
        long time =
                java.time.OffsetDateTime.parse(FlightFacts.LATER).toInstant().toEpochMilli();
        List<Flight> later = new ArrayList<>();
        for (Flight flight : real.events()) {
            replay.accept(record(flight, 0, flight.timestampMillis(), flight.origin()));
            if (flight.timestampMillis() >= time) {
                later.add(flight);
            }
        }
        assertThat(replay.problem()).isEmpty();
        assertThat(replay.events()).isEqualTo(FlightFacts.EVENTS);
        assertThat(replay.delaySumMinutes()).isEqualTo(FlightFacts.DELAY_SUM_MINUTES);
        assertThat(replay.origins()).isEqualTo(FlightFacts.ORIGINS);
        assertThat(later).hasSize((int) FlightFacts.EVENTS_LATER);
        FlightFacts.topOrigins()
                .forEach((origin, events) -> assertThat(replay.seen())
                        .anySatisfy(seen ->
                                assertThat(seen.origin() + seen.events()).isEqualTo(origin + events)));
    }
}
