package io.millrace.cli.demo;

import java.util.Map;
import java.util.TreeMap;

/** What is known of the demo's file from elsewhere; it stands in the file's README too. */
final class FlightFacts {
    static final long EVENTS = 200_000;
    static final long DELAY_SUM_MINUTES = 1_809_922;
    static final int ORIGINS = 223;
    static final String LATER = "2001-01-08T00:00Z";
    static final long EVENTS_LATER = 86_507;

    private FlightFacts() {}

    /** Events of the largest origins. */
    static Map<String, Long> topOrigins() {
        return new TreeMap<>(Map.of("ORD", 11_015L, "DFW", 10_460L, "ATL", 8_242L));
    }
}
