package io.millrace.broker.produce;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.testing.ManualTime;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class DiskSpaceTest {
    private final ManualTime time = new ManualTime();
    private final AtomicLong usable = new AtomicLong(1_000);
    private final DiskSpace space = new DiskSpace(usable::get, 400, 7, time);

    @Test
    void refusesWhatWouldEatTheReserveAndNamesNodeAndBytes() {
        assertThat(space.refusal("topic/a/0", 600)).isNull();
        Fault fault = space.refusal("topic/a/0", 1);
        if (fault == null) {
            throw new AssertionError("not refused");
        }
        assertThat(fault.code()).isEqualTo(ErrorCode.STORAGE_FULL);
        assertThat(fault.message()).contains("broker 7", "400 bytes left");
        assertThat(fault.detail()).isEqualTo(new Fault.LimitHit("storage.disk-reserve", 400, 400));
        assertThat(space.isFull()).isTrue();
    }

    @Test
    void resumesByItselfWhenThereIsSpaceAgain() {
        usable.set(100);
        time.advance(Duration.ofSeconds(1));
        assertThat(space.refusal("topic/a/0", 1)).isNotNull();
        usable.set(2_000);
        assertThat(space.refusal("topic/a/0", 1))
                .as("the answer is kept for a moment")
                .isNotNull();
        time.advance(Duration.ofSeconds(1));
        assertThat(space.refusal("topic/a/0", 1)).isNull();
        assertThat(space.isFull()).isFalse();
    }
}
