package io.millrace.it.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.it.check.History.Fate;
import io.millrace.it.check.History.Seen;
import io.millrace.it.check.History.Send;
import org.junit.jupiter.api.Test;

/** A checker that cannot fail proves nothing: each property is shown a history that breaks it, and it alone. */
class HistoryCheckerTest {
    private final History history = new History();

    @Test
    void acceptsAHistoryWithoutFault() {
        acknowledged(1, 1, 0, 0);
        acknowledged(1, 2, 0, 1);
        history.sent(new Send(1, 3, 0, Fate.UNKNOWN, -1));
        history.sent(new Send(1, 4, 0, Fate.UNKNOWN, -1));
        read(0, 0, 1, 1);
        read(0, 1, 1, 2);
        read(0, 2, 1, 3);

        assertThat(HistoryChecker.violations(history)).isEmpty();
    }

    @Test
    void findsALostRecord() {
        acknowledged(1, 1, 0, 0);
        acknowledged(1, 2, 0, 1);
        read(0, 0, 1, 1);

        assertThat(HistoryChecker.violations(history))
                .singleElement()
                .asString()
                .startsWith("lost");
    }

    @Test
    void findsARecordAtAnotherOffsetThanAcknowledged() {
        acknowledged(1, 1, 0, 1);
        acknowledged(2, 1, 0, 0);
        read(0, 0, 1, 1);
        read(0, 1, 2, 1);

        assertThat(HistoryChecker.violations(history))
                .hasSize(2)
                .allSatisfy(text -> assertThat(text).startsWith("another record"));
    }

    @Test
    void findsADoubledRecord() {
        acknowledged(1, 1, 0, 0);
        read(0, 0, 1, 1);
        read(0, 1, 1, 1);

        assertThat(HistoryChecker.doubled(history)).hasSize(1);
    }

    @Test
    void findsAGap() {
        acknowledged(1, 1, 0, 0);
        acknowledged(1, 2, 0, 2);
        read(0, 0, 1, 1);
        read(0, 2, 1, 2);

        assertThat(HistoryChecker.violations(history))
                .singleElement()
                .asString()
                .startsWith("gap");
    }

    @Test
    void findsAnInversion() {
        acknowledged(1, 1, 0, 1);
        acknowledged(1, 2, 0, 0);
        read(0, 0, 1, 2);
        read(0, 1, 1, 1);

        assertThat(HistoryChecker.violations(history))
                .singleElement()
                .asString()
                .startsWith("out of order");
    }

    @Test
    void findsWhatNobodySentAndWhatWasRefused() {
        history.sent(new Send(1, 1, 0, Fate.REFUSED, -1));
        read(0, 0, 1, 1);
        read(0, 1, 9, 9);

        assertThat(HistoryChecker.violations(history)).hasSize(2);
    }

    private void acknowledged(int producer, long sequence, int partition, long offset) {
        history.sent(new Send(producer, sequence, partition, Fate.ACKNOWLEDGED, offset));
    }

    private void read(int partition, long offset, int producer, long sequence) {
        history.read(new Seen(partition, offset, producer, sequence));
    }
}
