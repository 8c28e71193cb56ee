package io.millrace.broker.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.cluster.LeaderTable.Leader;
import io.millrace.replication.Leadership;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class LeaderTableTest {
    private static final int SELF = 1;
    private final LeaderTable leaders = new LeaderTable();

    private void seen(long term, boolean leading, @Nullable String leader) {
        leaders.seen(5, new Leadership(term, leading, leader), SELF);
    }

    @Test
    void theHighestTermWins() {
        leaders.announced(5, 3, 2);
        leaders.announced(5, 2, 3);
        assertThat(leaders.leader(5)).isEqualTo(new Leader(3, 2));
        leaders.announced(5, 4, 3);
        assertThat(leaders.leader(5)).isEqualTo(new Leader(4, 3));
        assertThat(leaders.elections()).isEqualTo(2);
        assertThat(leaders.broker(6)).isEqualTo(LeaderTable.UNKNOWN);
    }

    @Test
    void ownReplicaTellsOfAnElectionBeforeAnyoneAnnounces() {
        leaders.announced(5, 3, 2);
        seen(4, false, null);
        assertThat(leaders.leader(5)).isEqualTo(new Leader(4, LeaderTable.UNKNOWN));
        leaders.announced(5, 3, 2);
        assertThat(leaders.broker(5)).isEqualTo(LeaderTable.UNKNOWN);
        seen(4, false, "b3-7");
        assertThat(leaders.broker(5)).isEqualTo(3);
    }

    @Test
    void anAnnouncementOfATermIsNotLostWhenTheOwnReplicaHearsOfItLater() {
        leaders.announced(5, 4, 3);
        seen(4, false, null);
        assertThat(leaders.broker(5)).isEqualTo(3);
        seen(4, false, "b3-7");
        seen(4, false, null);
        assertThat(leaders.broker(5)).as("its replica lost sight of it").isEqualTo(LeaderTable.UNKNOWN);
        leaders.announced(5, 4, 3);
        assertThat(leaders.broker(5)).isEqualTo(3);
    }

    @Test
    void thisBrokerLeadsWhenItIsReadyAndNoLonger() {
        seen(2, false, "b1-9");
        assertThat(leaders.broker(5)).as("elected, not ready").isEqualTo(LeaderTable.UNKNOWN);
        seen(2, true, "b1-9");
        assertThat(leaders.broker(5)).isEqualTo(SELF);
        seen(2, false, null);
        assertThat(leaders.broker(5)).isEqualTo(LeaderTable.UNKNOWN);
    }

    @Test
    void aDeadBrokerLeadsNothing() {
        leaders.announced(5, 3, 2);
        leaders.announced(6, 3, 3);
        leaders.gone(2);
        assertThat(leaders.leader(5)).isEqualTo(new Leader(3, LeaderTable.UNKNOWN));
        assertThat(leaders.broker(6)).isEqualTo(3);
    }

    @Test
    void whoWaitsIsWokenByAChange() throws Exception {
        long version = leaders.version();
        CompletableFuture<Void> waiting = CompletableFuture.runAsync(() -> {
            try {
                leaders.awaitChange(version, TimeUnit.SECONDS.toNanos(30));
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        leaders.announced(5, 1, 2);
        waiting.get(10, TimeUnit.SECONDS);
        assertThat(leaders.version()).isGreaterThan(version);
    }
}
