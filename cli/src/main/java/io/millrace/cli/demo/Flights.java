package io.millrace.cli.demo;

import io.millrace.cli.input.BadLineException;
import io.millrace.cli.input.InputFile;
import io.millrace.cli.input.LineReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The events of a file, in its order. Immutable. */
record Flights(List<Flight> events) {
    private static final int MAX_LINE_BYTES = 1 << 16;

    Flights {
        events = List.copyOf(events);
    }

    static Flights load(Path file) throws IOException {
        List<Flight> events = new ArrayList<>();
        Flight.Parser parser = new Flight.Parser();
        try (InputFile input = InputFile.open(file)) {
            LineReader reader = new LineReader(input.content(), MAX_LINE_BYTES);
            while (reader.next()) {
                int start = reader.start();
                events.add(parser.parse(Arrays.copyOfRange(reader.buffer(), start, start + reader.length())));
            }
        } catch (BadLineException e) {
            throw new IOException(file + ":" + (events.size() + 1) + ": " + e.getMessage(), e);
        }
        return new Flights(events);
    }

    long bytes() {
        return events.stream().mapToLong(event -> event.json().length).sum();
    }
}
