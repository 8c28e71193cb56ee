package io.millrace.storage.clean;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which files are worth a rewrite: those of which less than {@link #LIVE_PERCENT} is live, those with the least first. Pure.
 *
 * <p>So at most 1 / 0.6 = 1.67 times the live bytes stand in files that are left alone, and what a rewrite frees costs at most 1.5 times as
 * many written bytes. The line lies above one half because the commonest case of all lies just there: two topics of equal load share their files,
 * and one of them is deleted.
 */
public final class RewritePolicy {
    static final int LIVE_PERCENT = 60;

    private RewritePolicy() {}

    /**
     * A file that may be rewritten.
     *
     * @param bytes of the file; of a file of moved extents those of the extents when they were moved, so that a rewrite of small extents, whose
     *     frames are large beside them, does not make a file that is due again
     * @param liveBytes of them, more than 0
     */
    record Candidate(int file, long bytes, long liveBytes) {
        boolean isDue() {
            return liveBytes * 100 < bytes * LIVE_PERCENT;
        }

        private double liveRatio() {
            return (double) liveBytes / bytes;
        }
    }

    /** The files to rewrite next, together, so that their live bytes are at most {@code room}; empty where none is due or fits. */
    static Set<Integer> choose(List<Candidate> candidates, long room) {
        List<Candidate> due = new ArrayList<>(candidates);
        due.removeIf(candidate -> !candidate.isDue());
        due.sort(Comparator.comparingDouble(Candidate::liveRatio).thenComparingInt(Candidate::file));
        Set<Integer> chosen = new HashSet<>();
        long bytes = 0;
        for (Candidate candidate : due) {
            if (candidate.liveBytes() <= room - bytes) {
                chosen.add(candidate.file());
                bytes += candidate.liveBytes();
            }
        }
        return chosen;
    }
}
