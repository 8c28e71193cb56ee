package io.millrace.it.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.it.check.History.Fate;
import io.millrace.it.check.History.Kind;
import io.millrace.it.check.History.Live;
import io.millrace.it.check.History.Position;
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

    @Test
    void acceptsWhatReadersAndGroupsMayDo() {
        for (int i = 0; i < 4; i++) {
            history.sent(new Send(1, i, i % 2, 0, Fate.ACKNOWLEDGED, i));
            history.read(new Seen(0, i, 1, i, i % 2));
            live("a", new Seen(0, i, 1, i, i % 2));
        }
        live("b", new Seen(0, 2, 1, 2, 0));
        live("b", new Seen(0, 3, 1, 3, 1));
        history.position(new Position(0, 0, Kind.FOUND));
        history.position(new Position(0, 2, Kind.COMMITTED));
        // A commit whose acknowledgement was lost.
        history.position(new Position(0, 3, Kind.FOUND));

        assertThat(HistoryChecker.violations(history)).isEmpty();
    }

    @Test
    void findsAKeyOutOfOrder() {
        history.sent(new Send(1, 1, 7, 0, Fate.ACKNOWLEDGED, 1));
        history.sent(new Send(1, 2, 7, 0, Fate.ACKNOWLEDGED, 0));
        history.read(new Seen(0, 0, 1, 2, 7));
        history.read(new Seen(0, 1, 1, 1, 7));

        assertThat(HistoryChecker.keysOutOfOrder(history))
                .singleElement()
                .asString()
                .startsWith("a key out of order");
    }

    @Test
    void findsAKeyInTwoPartitions() {
        history.sent(new Send(1, 1, 7, 0, Fate.ACKNOWLEDGED, 0));
        history.sent(new Send(1, 2, 7, 1, Fate.ACKNOWLEDGED, 0));
        history.read(new Seen(0, 0, 1, 1, 7));
        history.read(new Seen(1, 0, 1, 2, 7));

        assertThat(HistoryChecker.violations(history))
                .singleElement()
                .asString()
                .startsWith("a key in two partitions");
    }

    @Test
    void findsWhatWasReadAndIsGone() {
        history.sent(new Send(1, 1, 0, Fate.UNKNOWN, -1));
        live("a", new Seen(0, 0, 1, 1));

        assertThat(HistoryChecker.violations(history))
                .singleElement()
                .asString()
                .startsWith("read and later gone");
    }

    @Test
    void findsWhatWasReadAndBecameAnother() {
        acknowledged(1, 2, 0, 0);
        history.sent(new Send(1, 1, 0, Fate.UNKNOWN, -1));
        live("a", new Seen(0, 0, 1, 1));
        read(0, 0, 1, 2);

        assertThat(HistoryChecker.violations(history))
                .singleElement()
                .asString()
                .startsWith("read and later gone");
    }

    @Test
    void findsAReaderThatFallsBackOrSkips() {
        for (int i = 0; i < 4; i++) {
            acknowledged(1, i, 0, i);
            read(0, i, 1, i);
        }
        live("back", new Seen(0, 1, 1, 1));
        live("back", new Seen(0, 0, 1, 0));
        live("skip", new Seen(0, 1, 1, 1));
        live("skip", new Seen(0, 3, 1, 3));
        live("twice", new Seen(0, 1, 1, 1));
        live("twice", new Seen(0, 1, 1, 1));

        assertThat(HistoryChecker.violations(history))
                .hasSize(3)
                .allSatisfy(text -> assertThat(text).startsWith("offset 1 before"));
    }

    @Test
    void findsAPositionThatFellBack() {
        history.position(new Position(0, 5, Kind.COMMITTED));
        history.position(new Position(1, 0, Kind.FOUND));
        history.position(new Position(0, 4, Kind.FOUND));

        assertThat(HistoryChecker.violations(history))
                .singleElement()
                .asString()
                .startsWith("position 5 was committed");
    }

    private void live(String reader, Seen record) {
        history.readAlong(new Live(reader, record));
    }

    private void acknowledged(int producer, long sequence, int partition, long offset) {
        history.sent(new Send(producer, sequence, partition, Fate.ACKNOWLEDGED, offset));
    }

    private void read(int partition, long offset, int producer, long sequence) {
        history.read(new Seen(partition, offset, producer, sequence));
    }
}
