package io.millrace.client;

import java.time.Instant;

/** A place in a partition. */
public sealed interface StartAt {

    static StartAt start() {
        return new Start();
    }

    static StartAt end() {
        return new End();
    }

    static StartAt offset(long offset) {
        return new Offset(offset);
    }

    /** The first record whose timestamp is at or after this. */
    static StartAt time(Instant instant) {
        return new Time(instant);
    }

    /** The first record that can be read. */
    record Start() implements StartAt {}

    /** Behind the last record that can be read. */
    record End() implements StartAt {}

    /** A record by its number. */
    record Offset(long offset) implements StartAt {
        public Offset {
            if (offset < 0) {
                throw new IllegalArgumentException("offset must be 0 or more, not " + offset);
            }
        }
    }

    /** The first record whose timestamp is at or after the instant (milliseconds count); the end where there is none. */
    record Time(Instant instant) implements StartAt {}
}
