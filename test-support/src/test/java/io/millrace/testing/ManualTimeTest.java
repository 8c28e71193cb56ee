package io.millrace.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ManualTimeTest {
    private final ManualTime time = new ManualTime(Instant.parse("2026-03-01T12:00:00Z"));

    @Test
    void standsStillUntilAdvanced() {
        assertThat(time.instant()).isEqualTo("2026-03-01T12:00:00Z");
        assertThat(time.getAsLong()).isZero();
    }

    @Test
    void movesBothClocksTogether() {
        time.advance(Duration.ofMillis(1500));
        time.advance(Duration.ofNanos(1));
        assertThat(time.instant()).isEqualTo("2026-03-01T12:00:01.500000001Z");
        assertThat(time.millis())
                .isEqualTo(Instant.parse("2026-03-01T12:00:01.500Z").toEpochMilli());
        assertThat(time.getAsLong()).isEqualTo(1_500_000_001L);
    }

    @Test
    void refusesToGoBack() {
        assertThatThrownBy(() -> time.advance(Duration.ofNanos(-1))).isInstanceOf(IllegalArgumentException.class);
        assertThat(time.getAsLong()).isZero();
    }
}
