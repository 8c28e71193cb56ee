package io.millrace.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Method;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.opentest4j.TestAbortedException;

class SeedsTest {
    @Seeds(3)
    void passesTheSeedItNamesBesideOtherParameters(long seed, TestInfo info) {
        assertThat(info.getDisplayName()).isEqualTo("seed " + seed);
    }

    @Test
    void givesTheSameDistinctSeedsInEveryRun() {
        List<Long> seeds = seeds(50, null, null);
        assertThat(seeds).hasSize(50).doesNotHaveDuplicates().isEqualTo(seeds(50, null, null));
    }

    @Test
    void beginsALongerRunWithTheSeedsOfTheShorterOne() {
        assertThat(seeds(3, null, "200"))
                .hasSize(200)
                .startsWith(seeds(3, null, null).toArray(Long[]::new));
    }

    @Test
    void runsOneSeedAloneWhenAsked() {
        assertThat(seeds(3, "-42", "200")).containsExactly(-42L);
    }

    @Test
    void refusesSettingsThatRunNothing() {
        assertThatThrownBy(() -> seeds(3, null, "0")).isInstanceOf(ExtensionConfigurationException.class);
        assertThatThrownBy(() -> seeds(0, null, null)).isInstanceOf(ExtensionConfigurationException.class);
        assertThatThrownBy(() -> seeds(3, "x", null))
                .isInstanceOf(ExtensionConfigurationException.class)
                .hasMessageContaining("millrace.seed");
    }

    @Test
    void namesTheSeedOfAFailureAndKeepsTheCause() {
        IllegalStateException cause = new IllegalStateException("lost record 7");
        Throwable reported = SeedsExtension.withSeed(method(), 42, cause);
        assertThat(reported)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("-Dtest=SeedsTest#method -Dmillrace.seed=42")
                .hasMessageContaining("lost record 7")
                .hasCause(cause);
    }

    @Test
    void leavesASkippedTestSkipped() {
        TestAbortedException skipped = new TestAbortedException("not here");
        assertThat(SeedsExtension.withSeed(method(), 42, skipped)).isSameAs(skipped);
    }

    private static List<Long> seeds(int annotated, @Nullable String oneSeed, @Nullable String seedCount) {
        return SeedsExtension.seeds(method(), annotated, oneSeed, seedCount)
                .boxed()
                .toList();
    }

    private static Method method() {
        try {
            return SeedsTest.class.getDeclaredMethod("method");
        } catch (NoSuchMethodException e) {
            throw new AssertionError(e);
        }
    }
}
