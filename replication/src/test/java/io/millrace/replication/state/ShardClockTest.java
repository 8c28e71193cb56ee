package io.millrace.replication.state;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ShardClockTest {
    @Test
    void startsAtTheWallClockOrTheLastTime() {
        assertThat(new ShardClock(500, 900, 0).now(0)).isEqualTo(900);
        assertThat(new ShardClock(1500, 900, 0).now(0)).isEqualTo(1500);
    }

    @Test
    void advancesWithTheMonotonicClockAndNeverFalls() {
        ShardClock clock = new ShardClock(0, 1000, 5_000_000);
        assertThat(clock.now(5_007_999)).isEqualTo(1007);
        assertThat(clock.now(4_000_000)).isEqualTo(1000);
    }

    @Test
    void jumpsToWhatItHeardButNotBack() {
        ShardClock clock = new ShardClock(0, 1000, 0);
        clock.heard(5000, 1_000_000);
        assertThat(clock.now(2_000_000)).isEqualTo(6000);
        clock.heard(5500, 2_000_000);
        assertThat(clock.now(2_000_000)).isEqualTo(6000);
    }
}
