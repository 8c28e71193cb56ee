package io.millrace.it.check;

import java.util.ArrayList;
import java.util.List;

/**
 * What clients saw: every send with its fate, every record that those who read along got, every position of a group, and at last every record that a reader of the whole got. Written by client
 * threads, read when they have ended; guarded by itself.
 */
public final class History {
    private final List<Send> sends = new ArrayList<>();
    private final List<Seen> seen = new ArrayList<>();
    private final List<Live> live = new ArrayList<>();
    private final List<Position> positions = new ArrayList<>();

    /** The key of a record without one. */
    public static final int NO_KEY = -1;

    /** A record that was handed to a producer. {@code producer} and {@code sequence} stand in its value. */
    public record Send(int producer, long sequence, int key, int partition, Fate fate, long offset) {
        public Send(int producer, long sequence, int partition, Fate fate, long offset) {
            this(producer, sequence, NO_KEY, partition, fate, offset);
        }
    }

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
    public record Seen(int partition, long offset, int producer, long sequence, int key) {
        public Seen(int partition, long offset, int producer, long sequence) {
            this(partition, offset, producer, sequence, NO_KEY);
        }
    }

    /** A record that somebody got who read along while faults struck. A reader that begins anew is another one. */
    public record Live(String reader, Seen record) {}

    /** What a group's member was told of a position, in the order in which it was told, each partition by one member at a time. */
    public record Position(int partition, long position, Kind kind) {}

    /** How a position came up. */
    public enum Kind {
        /** A commit was acknowledged. */
        COMMITTED,
        /** A claim, or a look, found it. */
        FOUND
    }

    public synchronized void sent(Send send) {
        sends.add(send);
    }

    public synchronized void read(Seen record) {
        seen.add(record);
    }

    public synchronized void readAlong(Live record) {
        live.add(record);
    }

    public synchronized void position(Position position) {
        positions.add(position);
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

    public synchronized List<Live> live() {
        return List.copyOf(live);
    }

    public synchronized List<Position> positions() {
        return List.copyOf(positions);
    }

    public long acknowledged() {
        return count(Fate.ACKNOWLEDGED);
    }

    public synchronized long count(Fate fate) {
        return sends.stream().filter(send -> send.fate() == fate).count();
    }

    /** In one line. */
    public synchronized String summary() {
        return "%d acknowledged, %d unknown, %d refused; %d read in the end, %d along, %d positions"
                .formatted(
                        count(Fate.ACKNOWLEDGED),
                        count(Fate.UNKNOWN),
                        count(Fate.REFUSED),
                        seen.size(),
                        live.size(),
                        positions.size());
    }
}
