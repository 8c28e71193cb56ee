package io.millrace.broker.config;

import java.util.Optional;

/** Finds the name that somebody probably meant. Pure. */
public final class Spelling {
    private Spelling() {}

    /** The known name nearest to what was written, where it is near enough to be a slip. */
    public static Optional<String> closest(String written, Iterable<String> known) {
        String best = null;
        int least = Math.max(2, written.length() / 3) + 1;
        for (String name : known) {
            int distance = distance(written, name);
            if (distance < least || (best != null && distance == least && name.compareTo(best) < 0)) {
                best = name;
                least = distance;
            }
        }
        return Optional.ofNullable(best);
    }

    /** Levenshtein's: insertions, deletions and replacements. */
    static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
