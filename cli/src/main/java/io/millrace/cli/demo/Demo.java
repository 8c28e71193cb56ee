package io.millrace.cli.demo;

import io.millrace.cli.output.Figures;
import io.millrace.cli.output.Progress;
import io.millrace.cli.output.Style;
import io.millrace.cli.output.Table;
import io.millrace.cli.source.ConsumerSource;
import io.millrace.client.ClientConfig;
import io.millrace.client.Consumer;
import io.millrace.client.Millrace;
import io.millrace.client.MillraceClient;
import io.millrace.client.MillraceException;
import io.millrace.client.NewTopic;
import io.millrace.client.Producer;
import io.millrace.client.ProducerConfig;
import io.millrace.client.ProducerRecord;
import io.millrace.client.StartAt;
import io.millrace.client.TopicPartition;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The demo as a story of chapters, each checked. For one thread. */
public final class Demo {
    private static final String TOPIC = "flights";
    private static final String GROUP = "demo";
    private static final int PARTITIONS = 6;
    private static final int SHOWN_ORIGINS = 8;

    private final Console console;
    private final Flights flights;
    private final DemoBroker broker;
    private final Checklist checks;

    /**
     * Where the story is told.
     *
     * @param terminal lines may be written over
     */
    public record Console(PrintStream out, Style style, boolean terminal, LongSupplier nanos) {
        void chapter(String title) {
            out.println();
            out.println(style.strong(title));
        }

        void say(String text) {
            out.println("  " + text);
        }

        Progress progress(String what) {
            return new Progress(out, terminal, nanos, what);
        }
    }

    Demo(Console console, Flights flights, DemoBroker broker) {
        this.console = console;
        this.flights = flights;
        this.broker = broker;
        this.checks = new Checklist(console.out(), console.style());
    }

    /** Tells the story; the broker runs at its end. */
    Checklist run() throws IOException, InterruptedException {
        startBroker();
        try (MillraceClient client = Millrace.connect(config())) {
            createTopic(client);
            append(client);
            Replay whole = replayFromStart(client, "Replay from the start");
            showTopOrigins(whole);
            replayFromTime(client);
            replayOneKey(
                    client,
                    whole.seen().isEmpty()
                            ? Optional.empty()
                            : Optional.of(whole.seen().get(0)));
            readAsGroupThroughKill(client);
            replayFromStart(client, "Replay after the kill");
        }
        return checks;
    }

    /** Patient: the demo is about what is kept, not about deadlines, and may run on a busy machine. */
    private ClientConfig config() {
        return ClientConfig.builder()
                .bootstrap(broker.address())
                .clientId("millrace-demo")
                .requestTimeout(Duration.ofMinutes(1))
                .build();
    }

    private void startBroker() throws IOException, InterruptedException {
        console.chapter("A broker");
        Duration took = broker.start();
        console.say("process " + broker.pid() + " listens on " + broker.address() + ", ready after "
                + Figures.duration(took));
        console.say("data    " + broker.dataDirectory());
        console.say("metrics " + broker.metricsUrl());
    }

    private void createTopic(MillraceClient client) {
        console.chapter("A topic");
        client.admin().createTopic(NewTopic.of(TOPIC, PARTITIONS));
        console.say(
                TOPIC + ": " + PARTITIONS + " partitions; records with the same key share one, and keep their order");
    }

    private void append(MillraceClient client) throws IOException {
        console.chapter(
                "Append " + Figures.count(flights.events().size()) + " events, keyed by origin, at their own time");
        AtomicLong acknowledged = new AtomicLong();
        AtomicReference<@Nullable MillraceException> failure = new AtomicReference<>();
        Progress progress = console.progress("events");
        try (Producer producer = client.newProducer(ProducerConfig.defaults())) {
            int sent = 0;
            for (Flight flight : flights.events()) {
                producer.send(record(flight), (metadata, error) -> {
                    if (error == null) {
                        acknowledged.incrementAndGet();
                    } else {
                        failure.compareAndSet(null, error);
                    }
                });
                if (++sent % 1024 == 0) {
                    progress.update(
                            acknowledged.get(),
                            (double) acknowledged.get() / flights.events().size());
                }
            }
            producer.flush();
        }
        Duration took = progress.elapsed();
        progress.clear();
        MillraceException error = failure.get();
        if (error != null) {
            throw new IOException("an event was not stored: " + error.getMessage(), error);
        }
        console.say(speed(acknowledged.get(), flights.bytes(), took));
        checks.equal(
                "appended, each acknowledged only once it was forced to disk:", FlightFacts.EVENTS, acknowledged.get());
    }

    private static ProducerRecord record(Flight flight) {
        return new ProducerRecord(
                TOPIC,
                null,
                flight.timestampMillis(),
                flight.origin().getBytes(StandardCharsets.UTF_8),
                flight.json(),
                List.of());
    }

    private Replay replayFromStart(MillraceClient client, String title) throws IOException {
        console.chapter(title);
        Replay replay = new Replay(flights, flight -> true);
        try (Consumer consumer = client.newConsumer()) {
            consumer.assign(partitions());
            consumer.seekToStart(partitions());
            readToEnd(consumer, partitions(), replay);
        }
        checks.equal("events:", FlightFacts.EVENTS, replay.events());
        checks.equal("sum of delay, in minutes:", FlightFacts.DELAY_SUM_MINUTES, replay.delaySumMinutes());
        checks.equal("origins:", FlightFacts.ORIGINS, replay.origins());
        checks.none(
                "every origin's events in the order of the file, byte for byte, each at its own time",
                replay.problem());
        return replay;
    }

    private void showTopOrigins(Replay replay) {
        Table table = new Table("origin", ">partition", ">events", ">mean delay");
        List<Replay.Seen> seen = replay.seen();
        for (Replay.Seen each : seen.subList(0, Math.min(SHOWN_ORIGINS, seen.size()))) {
            table.row(
                    each.origin(),
                    each.partition(),
                    Figures.count(each.events()),
                    String.format(Locale.ROOT, "%.1f min", (double) each.delaySumMinutes() / each.events()));
        }
        console.out().println();
        table.lines("    ", console.style()).forEach(console.out()::println);
        console.out().println();
        FlightFacts.topOrigins()
                .forEach((origin, events) -> checks.equal(
                        "events of " + origin + ":",
                        events,
                        seen.stream()
                                .filter(each -> each.origin().equals(origin))
                                .mapToLong(Replay.Seen::events)
                                .sum()));
    }

    private void replayFromTime(MillraceClient client) throws IOException {
        console.chapter("Replay from " + FlightFacts.LATER);
        OffsetDateTime time = OffsetDateTime.parse(FlightFacts.LATER);
        long timeMillis = time.toInstant().toEpochMilli();
        Replay replay = new Replay(flights, flight -> flight.timestampMillis() >= timeMillis);
        try (Consumer consumer = client.newConsumer()) {
            consumer.assign(partitions());
            for (TopicPartition partition : partitions()) {
                consumer.seekToTime(partition, time.toInstant());
            }
            readToEnd(consumer, partitions(), replay);
        }
        checks.equal("events from then on:", FlightFacts.EVENTS_LATER, replay.events());
        checks.none("every origin's events in the order of the file", replay.problem());
    }

    private void replayOneKey(MillraceClient client, Optional<Replay.Seen> largest) throws IOException {
        if (largest.isEmpty()) {
            return;
        }
        String origin = largest.get().origin();
        TopicPartition partition = new TopicPartition(TOPIC, largest.get().partition());
        console.chapter("Replay of one key: " + origin + ", from partition " + partition.partition() + " alone");
        Replay replay = new Replay(flights, flight -> flight.origin().equals(origin));
        try (Consumer consumer = client.newConsumer()) {
            consumer.assign(List.of(partition));
            readToEnd(consumer, List.of(partition), replay);
        }
        checks.equal("events of " + origin + ":", replay.expected(), replay.events());
        checks.none("in the order of the file", replay.problem());
    }

    private void readToEnd(Consumer consumer, List<TopicPartition> partitions, Replay replay) throws IOException {
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        Progress progress = console.progress("events");
        AtomicLong records = new AtomicLong();
        AtomicLong bytes = new AtomicLong();
        new Reading(new ConsumerSource(consumer, false), ends, console.nanos())
                .read(
                        record -> {
                            replay.accept(record);
                            byte[] value = record.value();
                            records.incrementAndGet();
                            bytes.addAndGet(value == null ? 0 : value.length);
                        },
                        count -> {
                            progress.update(count, -1);
                            return false;
                        });
        Duration took = progress.elapsed();
        progress.clear();
        console.say(speed(records.get(), bytes.get(), took));
    }

    private void readAsGroupThroughKill(MillraceClient client) throws IOException, InterruptedException {
        console.chapter("Group '" + GROUP + "' reads, and the broker is killed halfway");
        Replay replay = new Replay(flights, flight -> true);
        long half = flights.events().size() / 2;
        try (Consumer consumer = client.newConsumer()) {
            readAsGroup(consumer, replay, count -> count >= half);
            console.say(Figures.count(replay.events()) + " events read and committed");
            long pid = broker.pid();
            broker.kill();
            console.say("kill -9 " + pid);
        }
        Duration took = broker.start();
        console.say("process " + broker.pid() + " on the same directory, ready after " + Figures.duration(took));
        long before = replay.events();
        boolean atEnd;
        try (Consumer consumer = client.newConsumer()) {
            atEnd = readAsGroup(consumer, replay, count -> false);
        }
        console.say("a second member of the group goes on where the commits stand: "
                + Figures.count(replay.events() - before) + " events to the end");
        checks.equal("events to the group, each exactly once:", FlightFacts.EVENTS, replay.events());
        checks.none(
                "every origin's events in the order of the file, across the kill",
                atEnd ? replay.problem() : Optional.of("the end was not reached"));
    }

    private boolean readAsGroup(Consumer consumer, Replay replay, LongPredicate enough) throws IOException {
        consumer.claim(GROUP, partitions(), StartAt.start());
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions());
        return new Reading(new ConsumerSource(consumer, true), ends, console.nanos()).read(replay::accept, enough);
    }

    private static List<TopicPartition> partitions() {
        List<TopicPartition> all = new ArrayList<>();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            all.add(new TopicPartition(TOPIC, partition));
        }
        return all;
    }

    private static String speed(long events, long bytes, Duration took) {
        return Figures.count(events) + " events, " + Figures.bytes(bytes) + ", in " + Figures.duration(took) + ": "
                + Figures.rate(events, took) + ", " + Figures.byteRate(bytes, took);
    }
}
