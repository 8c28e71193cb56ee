package io.millrace.cli.demo;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.millrace.cli.input.BadLineException;
import io.millrace.cli.input.Timestamps;
import java.io.IOException;

/**
 * A departure: one line of the demo's file, or one record that came back.
 *
 * @param json the line, byte for byte; must not be changed
 * @param delayMinutes negative: it left early
 */
record Flight(byte[] json, String origin, long timestampMillis, int delayMinutes) {

    /** Reads flights. Not thread safe. */
    static final class Parser {
        private static final JsonFactory JSON = new JsonFactory();
        private final Timestamps timestamps = new Timestamps();

        Flight parse(byte[] line) throws BadLineException {
            String origin = "";
            String date = "";
            int delay = 0;
            try (JsonParser json = JSON.createParser(line)) {
                if (json.nextToken() != JsonToken.START_OBJECT) {
                    throw new BadLineException("it is no flight");
                }
                while (json.nextToken() != JsonToken.END_OBJECT) {
                    String name = json.currentName();
                    json.nextToken();
                    switch (name) {
                        case "origin" -> origin = json.getText();
                        case "date" -> date = json.getText();
                        case "delay" -> delay = json.getIntValue();
                        default -> json.skipChildren();
                    }
                }
            } catch (IOException e) {
                throw new BadLineException("it is no flight: " + e.getMessage(), e);
            }
            return new Flight(line, origin, timestamps.parseMillis(date), delay);
        }
    }
}
