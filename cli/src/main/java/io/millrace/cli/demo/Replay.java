package io.millrace.cli.demo;

import io.millrace.cli.input.BadLineException;
import io.millrace.cli.output.Figures;
import io.millrace.client.ConsumerRecord;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Holds a stream of records against the file they were made of. For each origin it knows which event must come next; each record must be that event byte for byte, at its own time, on the
 * origin's one partition. So a record that is missing, doubled, changed or out of its origin's order is found where it happens. For one thread.
 */
final class Replay {
    private final Predicate<Flight> wanted;
    private final Map<String, Origin> origins = new TreeMap<>();
    private final Flight.Parser parser = new Flight.Parser();
    private final long expected;
    private long events;
    private long delaySumMinutes;
    private String problem = "";

    /** One airport: its events in the order of the file, and how far the stream has come. */
    private static final class Origin {
        private final List<Flight> events = new ArrayList<>();
        private int next;
        private int partition = -1;
        private long delaySumMinutes;
    }

    /** @param wanted which events count; records of others are passed over */
    Replay(Flights flights, Predicate<Flight> wanted) {
        this.wanted = wanted;
        long count = 0;
        for (Flight flight : flights.events()) {
            if (wanted.test(flight)) {
                origins.computeIfAbsent(flight.origin(), name -> new Origin())
                        .events
                        .add(flight);
                count++;
            }
        }
        this.expected = count;
    }

    void accept(ConsumerRecord record) {
        byte[] key = record.key();
        byte[] value = record.value();
        if (key == null || value == null) {
            report(record, "has no " + (key == null ? "key" : "value"));
            return;
        }
        Flight flight;
        try {
            flight = parser.parse(value);
        } catch (BadLineException e) {
            report(record, "cannot be read: " + e.getMessage());
            return;
        }
        if (!new String(key, StandardCharsets.UTF_8).equals(flight.origin())) {
            report(record, "has the key of another origin");
        } else if (record.timestampMillis() != flight.timestampMillis()) {
            report(record, "has the time " + Instant.ofEpochMilli(record.timestampMillis()) + " instead of its own");
        } else if (wanted.test(flight)) {
            follow(record, flight);
        }
    }

    private void follow(ConsumerRecord record, Flight flight) {
        Origin origin = origins.get(flight.origin());
        if (origin == null || origin.next == origin.events.size()) {
            report(record, "is one event of " + flight.origin() + " too many");
            return;
        }
        if (origin.partition < 0) {
            origin.partition = record.partition();
        }
        if (origin.partition != record.partition()) {
            report(record, "has an origin that stood on partition " + origin.partition + " before");
            return;
        }
        if (!Arrays.equals(origin.events.get(origin.next).json(), flight.json())) {
            report(
                    record,
                    "is not event " + Figures.count(origin.next + 1L) + " of " + flight.origin() + " in the file");
            return;
        }
        origin.next++;
        origin.delaySumMinutes += flight.delayMinutes();
        events++;
        delaySumMinutes += flight.delayMinutes();
    }

    private void report(ConsumerRecord record, String text) {
        if (problem.isEmpty()) {
            problem = "record " + record.offset() + " of partition " + record.partition() + " " + text;
        }
    }

    /** The first thing that was wrong, or what is missing now; empty: the stream is the file. */
    Optional<String> problem() {
        if (problem.isEmpty() && events < expected) {
            return Optional.of(
                    Figures.count(expected - events) + " of " + Figures.count(expected) + " events are missing");
        }
        return problem.isEmpty() ? Optional.empty() : Optional.of(problem);
    }

    /** Events that were the right ones. */
    long events() {
        return events;
    }

    /** Events that the file has. */
    long expected() {
        return expected;
    }

    long delaySumMinutes() {
        return delaySumMinutes;
    }

    /** Origins that were seen. */
    int origins() {
        return (int) origins.values().stream().filter(origin -> origin.next > 0).count();
    }

    /** What was seen of an origin. */
    record Seen(String origin, int partition, long events, long delaySumMinutes) {}

    /** What was seen, most events first. */
    List<Seen> seen() {
        List<Seen> seen = new ArrayList<>();
        origins.forEach((name, origin) -> {
            if (origin.next > 0) {
                seen.add(new Seen(name, origin.partition, origin.next, origin.delaySumMinutes));
            }
        });
        seen.sort(Comparator.comparingLong(Seen::events).reversed());
        return seen;
    }
}
