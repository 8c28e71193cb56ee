package io.millrace.it.check;

import java.util.ArrayList;
import java.util.List;

/**
 * What clients saw: every send with its fate, and every record that a later reader got. Written by client threads, read when they have
 * ended; guarded by itself.
 */
public final class History {
    private final List<Send> sends = new ArrayList<>();
    private final List<Seen> seen = new ArrayList<>();

    /** A record that was handed to a producer. {@code producer} and {@code sequence} stand in its value. */
    public record Send(int producer, long sequence, int partition, Fate fate, long offset) {}

    /** What the producer was told. */
    public enum Fate {
        /** Durable, at the offset noted. */
        ACKNOWLEDGED,
        /** Surely not written. */
        REFUSED,
        /** May have been written. */
        UNKNOWN
    }

    /** A record that a reader got, in the order of reading. */
    public record Seen(int partition, long offset, int producer, long sequence) {}

    public synchronized void sent(Send send) {
        sends.add(send);
    }

    public synchronized void read(Seen record) {
        seen.add(record);
    }

    /** Forgets what was read, so that the next reader starts afresh. */
    public synchronized void readAgain() {
        seen.clear();
    }

    public synchronized List<Send> sends() {
        return List.copyOf(sends);
    }

    public synchronized List<Seen> seen() {
        return List.copyOf(seen);
    }

    public synchronized long acknowledged() {
        return sends.stream().filter(send -> send.fate() == Fate.ACKNOWLEDGED).count();
    }
}
