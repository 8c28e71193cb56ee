package io.millrace.storage.clean;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.storage.clean.RewritePolicy.Candidate;
import java.util.List;
import org.junit.jupiter.api.Test;

class RewritePolicyTest {
    @Test
    void aFileIsDueBelowSixtyPercent() {
        assertThat(RewritePolicy.choose(List.of(new Candidate(1, 1000, 600)), 10_000))
                .isEmpty();
        assertThat(RewritePolicy.choose(List.of(new Candidate(1, 1000, 599)), 10_000))
                .containsExactly(1);
    }

    @Test
    void thoseWithTheLeastComeFirstAsFarAsThereIsRoom() {
        List<Candidate> candidates = List.of(
                new Candidate(1, 1000, 500),
                new Candidate(2, 1000, 100),
                new Candidate(3, 1000, 900),
                new Candidate(4, 1000, 300));
        assertThat(RewritePolicy.choose(candidates, 900)).containsExactlyInAnyOrder(1, 2, 4);
        assertThat(RewritePolicy.choose(candidates, 400)).containsExactlyInAnyOrder(2, 4);
        assertThat(RewritePolicy.choose(candidates, 100)).containsExactly(2);
        assertThat(RewritePolicy.choose(candidates, 99)).isEmpty();
        assertThat(RewritePolicy.choose(candidates, -5)).isEmpty();
    }

    @Test
    void largeFilesDoNotOverflow() {
        assertThat(RewritePolicy.choose(List.of(new Candidate(1, 1L << 50, 1L << 49)), Long.MAX_VALUE))
                .containsExactly(1);
    }
}
