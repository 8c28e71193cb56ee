package io.millrace.it.check;

import io.millrace.it.check.History.Fate;
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

    private record Place(int partition, long offset) {}

    private record Identity(int producer, long sequence) {}

    private record Stream(int producer, int partition) {}
}
