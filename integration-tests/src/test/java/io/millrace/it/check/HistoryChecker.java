package io.millrace.it.check;

import io.millrace.it.check.History.Fate;
import io.millrace.it.check.History.Kind;
import io.millrace.it.check.History.Live;
import io.millrace.it.check.History.Position;
import io.millrace.it.check.History.Seen;
import io.millrace.it.check.History.Send;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Judges a {@link History} whose reader has read every partition from its start to its end. Each method is one property and returns what breaks it, in
 * words; {@link #violations} is all of them. Pure.
 */
public final class HistoryChecker {
    private HistoryChecker() {}

    public static List<String> violations(History history) {
        List<String> all = new ArrayList<>();
        all.addAll(lost(history));
        all.addAll(doubled(history));
        all.addAll(gaps(history));
        all.addAll(outOfOrder(history));
        all.addAll(invented(history));
        all.addAll(keysOutOfOrder(history));
        all.addAll(takenBack(history));
        all.addAll(fellBack(history));
        all.addAll(positionsFellBack(history));
        return all;
    }

    /** An acknowledged record is read at the very offset that the acknowledgement named. */
    public static List<String> lost(History history) {
        Map<Place, Seen> byPlace = new HashMap<>();
        for (Seen record : history.seen()) {
            byPlace.put(new Place(record.partition(), record.offset()), record);
        }
        List<String> broken = new ArrayList<>();
        for (Send send : history.sends()) {
            if (send.fate() != Fate.ACKNOWLEDGED) {
                continue;
            }
            Seen found = byPlace.get(new Place(send.partition(), send.offset()));
            if (found == null) {
                broken.add("lost: " + send);
            } else if (found.producer() != send.producer() || found.sequence() != send.sequence()) {
                broken.add("another record stands where " + send + " was acknowledged: " + found);
            }
        }
        return broken;
    }

    /** No record is read twice in one pass. */
    public static List<String> doubled(History history) {
        Map<Identity, Seen> first = new HashMap<>();
        List<String> broken = new ArrayList<>();
        for (Seen record : history.seen()) {
            Seen before = first.putIfAbsent(new Identity(record.producer(), record.sequence()), record);
            if (before != null) {
                broken.add("doubled: " + before + " and " + record);
            }
        }
        return broken;
    }

    /** Offsets of a partition rise by one from zero: nothing was skipped, nothing stands in the middle of a gap. */
    public static List<String> gaps(History history) {
        Map<Integer, Long> next = new HashMap<>();
        List<String> broken = new ArrayList<>();
        for (Seen record : history.seen()) {
            long expected = next.getOrDefault(record.partition(), 0L);
            if (record.offset() != expected) {
                broken.add("gap: expected offset " + expected + ", read " + record);
            }
            next.put(record.partition(), record.offset() + 1);
        }
        return broken;
    }

    /** What one producer sent to one partition is read in the order of sending. */
    public static List<String> outOfOrder(History history) {
        Map<Stream, Long> last = new HashMap<>();
        List<String> broken = new ArrayList<>();
        for (Seen record : history.seen()) {
            Long before = last.put(new Stream(record.producer(), record.partition()), record.sequence());
            if (before != null && record.sequence() <= before) {
                broken.add("out of order: sequence " + before + " before " + record);
            }
        }
        return broken;
    }

    /** Every record that is read was sent, and was not refused. */
    public static List<String> invented(History history) {
        Map<Identity, Fate> fates = new HashMap<>();
        for (Send send : history.sends()) {
            fates.put(new Identity(send.producer(), send.sequence()), send.fate());
        }
        List<String> broken = new ArrayList<>();
        for (Seen record : history.seen()) {
            Fate fate = fates.get(new Identity(record.producer(), record.sequence()));
            if (fate == null) {
                broken.add("never sent: " + record);
            } else if (fate == Fate.REFUSED) {
                broken.add("refused, and yet written: " + record);
            }
        }
        return broken;
    }

    /** What one producer sent under one key is in one partition, in the order of sending. */
    public static List<String> keysOutOfOrder(History history) {
        Map<Keyed, Seen> last = new HashMap<>();
        List<String> broken = new ArrayList<>();
        for (Seen record : history.seen()) {
            if (record.key() == History.NO_KEY) {
                continue;
            }
            Seen before = last.put(new Keyed(record.producer(), record.key()), record);
            if (before == null) {
                continue;
            }
            if (before.partition() != record.partition()) {
                broken.add("a key in two partitions: " + before + " and " + record);
            } else if (record.sequence() <= before.sequence()) {
                broken.add("a key out of order: " + before + " before " + record);
            }
        }
        return broken;
    }

    /** What anybody read while faults struck stands there in the end, at its offset. */
    public static List<String> takenBack(History history) {
        Map<Place, Seen> inTheEnd = new HashMap<>();
        for (Seen record : history.seen()) {
            inTheEnd.put(new Place(record.partition(), record.offset()), record);
        }
        List<String> broken = new ArrayList<>();
        for (Live read : history.live()) {
            Seen record = read.record();
            Seen found = inTheEnd.get(new Place(record.partition(), record.offset()));
            if (!record.equals(found)) {
                broken.add("read and later gone: " + read + ", in the end " + found);
            }
        }
        return broken;
    }

    /** One who reads along gets the offsets of a partition one after the other. */
    public static List<String> fellBack(History history) {
        Map<Follower, Long> last = new HashMap<>();
        List<String> broken = new ArrayList<>();
        for (Live read : history.live()) {
            Follower who = new Follower(read.reader(), read.record().partition());
            Long before = last.put(who, read.record().offset());
            if (before != null && read.record().offset() != before + 1) {
                broken.add("offset " + before + " before " + read);
            }
        }
        return broken;
    }

    /** A position that is found is never behind one whose commit was acknowledged before. */
    public static List<String> positionsFellBack(History history) {
        Map<Integer, Long> committed = new HashMap<>();
        List<String> broken = new ArrayList<>();
        for (Position each : history.positions()) {
            long before = committed.getOrDefault(each.partition(), -1L);
            if (each.position() < before) {
                broken.add("position " + before + " was committed before " + each);
            }
            if (each.kind() == Kind.COMMITTED) {
                committed.merge(each.partition(), each.position(), Math::max);
            }
        }
        return broken;
    }

    private record Keyed(int producer, int key) {}

    private record Follower(String reader, int partition) {}

    private record Place(int partition, long offset) {}

    private record Identity(int producer, long sequence) {}

    private record Stream(int producer, int partition) {}
}
