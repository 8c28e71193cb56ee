package io.millrace.storage.index;

import static io.millrace.storage.index.RandomRows.ABOVE_ALL;
import static io.millrace.storage.index.RandomRows.LOWEST;
import static io.millrace.storage.index.RandomRows.all;
import static io.millrace.storage.index.RandomRows.bytes;
import static io.millrace.storage.index.RandomRows.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.storage.AppliedMark;
import io.millrace.storage.Extent;
import io.millrace.storage.Family;
import io.millrace.storage.LogPosition;
import io.millrace.storage.PartitionIndex;
import io.millrace.storage.PartitionIndex.Transaction;
import io.millrace.storage.PartitionIndex.View;
import io.millrace.storage.StorageException;
import io.millrace.storage.StorageException.Kind;
import io.millrace.testing.Seeds;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every partition index does, whatever it is made of. */
abstract class PartitionIndexContract {
    private PartitionIndex index;

    /** An empty index. */
    abstract PartitionIndex create();

    /** What a crash of the process leaves of it. The old one is not used again. */
    abstract PartitionIndex crash(PartitionIndex index);

    @BeforeEach
    final void openIndex() {
        index = create();
    }

    @AfterEach
    final void closeIndex() {
        index.close();
    }

    @Test
    void startsEmpty() {
        assertThat(index.applied()).isEqualTo(AppliedMark.NONE);
        assertThat(index.durable()).isEqualTo(AppliedMark.NONE);
        assertThat(index.liveBytes()).isEmpty();
        try (View view = index.view()) {
            assertThat(all(view)).isEmpty();
            assertThat(view.applied()).isEqualTo(AppliedMark.NONE);
        }
    }

    @Seeds(5)
    void answersAsSortedMapsDo(long seed) {
        RandomGenerator random = new SplittableRandom(seed);
        RandomRows rows = new RandomRows(random);
        MemoryRows committed = new MemoryRows();
        for (int i = 1; i < 60; i++) {
            MemoryRows model = committed.copy();
            try (Transaction transaction = index.begin()) {
                for (int change = random.nextInt(30); change > 0; change--) {
                    rows.change(transaction, model);
                    rows.read(transaction, model);
                }
                if (random.nextInt(4) > 0) {
                    transaction.commit(mark(i));
                    committed = model;
                }
            }
            try (View view = index.view()) {
                rows.read(view, committed);
                assertThat(all(view)).isEqualTo(all(committed));
            }
            if (random.nextInt(10) == 0) {
                index.flush();
            }
        }
    }

    @Seeds(5)
    void keepsViewsAsTheyWereTaken(long seed) {
        RandomGenerator random = new SplittableRandom(seed);
        RandomRows rows = new RandomRows(random);
        MemoryRows model = new MemoryRows();
        Map<View, MemoryRows> views = new HashMap<>();
        for (int i = 1; i < 40; i++) {
            try (Transaction transaction = index.begin()) {
                for (int change = 0; change < 10; change++) {
                    rows.change(transaction, model);
                }
                transaction.commit(mark(i));
            }
            if (random.nextBoolean()) {
                views.put(index.view(), model.copy());
            }
            if (random.nextInt(8) == 0) {
                index.flush();
            }
            views.forEach((view, then) -> rows.read(view, then));
        }
        views.forEach((view, then) -> {
            assertThat(all(view)).isEqualTo(all(then));
            view.close();
        });
    }

    @Seeds(5)
    void standsAtAMarkThatAgreesWithItsRowsAfterACrash(long seed) {
        RandomGenerator random = new SplittableRandom(seed);
        RandomRows rows = new RandomRows(random);
        List<List<String>> states = new ArrayList<>(List.of(List.of()));
        MemoryRows model = new MemoryRows();
        int next = 1;
        for (int crashes = 0; crashes < 3; crashes++) {
            for (int applies = random.nextInt(20); applies > 0; applies--) {
                try (Transaction transaction = index.begin()) {
                    for (int change = random.nextInt(20); change > 0; change--) {
                        rows.change(transaction, model);
                    }
                    transaction.commit(mark(next++));
                }
                states.add(all(model));
                if (random.nextInt(6) == 0) {
                    index.flush();
                    assertThat(index.durable()).isEqualTo(mark(next - 1));
                }
            }
            AppliedMark durable = index.durable();
            index = crash(index);
            int applied = (int) index.applied().raftIndex();
            assertThat((long) applied).isGreaterThanOrEqualTo(durable.raftIndex());
            assertThat(index.durable()).isEqualTo(index.applied());
            next = Math.max(applied, 0) + 1;
            while (states.size() > next) {
                states.remove(next);
            }
            model = new MemoryRows();
            try (View view = index.view()) {
                assertThat(view.applied()).isEqualTo(index.applied());
                assertThat(all(view)).isEqualTo(states.get(next - 1));
                for (Family family : Family.values()) {
                    MemoryRows copy = model;
                    view.scan(family, LOWEST, ABOVE_ALL, (key, value) -> {
                        copy.put(family, key, value);
                        return true;
                    });
                }
            }
        }
    }

    @Test
    void readsWhatATransactionWroteAndDropsItWhenItIsClosed() {
        commit(1, rows -> {
            rows.put(Family.EPOCHS, bytes(1), bytes(10));
            rows.put(Family.EPOCHS, bytes(3), bytes(30));
        });
        try (Transaction rows = index.begin()) {
            rows.put(Family.EPOCHS, bytes(2), new byte[0]);
            rows.delete(Family.EPOCHS, bytes(3));
            assertThat(rows.get(Family.EPOCHS, bytes(2))).isEmpty();
            assertThat(text(rows.floor(Family.EPOCHS, LOWEST, bytes(9)))).isEqualTo("02=");
            rows.delete(Family.EPOCHS, bytes(2));
            assertThat(text(rows.floor(Family.EPOCHS, LOWEST, bytes(9)))).isEqualTo("01=0a");
            rows.delete(Family.EPOCHS, bytes(1));
            assertThat(rows.floor(Family.EPOCHS, LOWEST, bytes(9))).isNull();
        }
        try (View view = index.view()) {
            assertThat(all(view)).containsExactly("EPOCHS 01=0a", "EPOCHS 03=1e");
        }
        assertThat(index.applied()).isEqualTo(mark(1));
    }

    @Test
    void readsInsideAScan() {
        commit(1, rows -> {
            rows.put(Family.EPOCHS, bytes(1), bytes(10));
            rows.put(Family.EPOCHS, bytes(2), bytes(20));
        });
        try (View view = index.view()) {
            List<String> floors = new ArrayList<>();
            view.scan(Family.EPOCHS, LOWEST, ABOVE_ALL, (key, value) -> {
                view.scan(Family.EPOCHS, LOWEST, ABOVE_ALL, (k, v) -> true);
                return floors.add(text(view.floor(Family.EPOCHS, LOWEST, key)));
            });
            assertThat(floors).containsExactly("01=0a", "02=14");
        }
    }

    @Test
    void takesOneTransactionAtATime() {
        Transaction first = index.begin();
        assertThatThrownBy(index::begin).isInstanceOf(IllegalStateException.class);
        first.close();
        first.close();
        Transaction second = index.begin();
        assertClosed(() -> first.put(Family.QUEUE, bytes(1), bytes(1)));
        assertClosed(() -> first.commit(mark(1)));
        second.commit(mark(1));
        assertClosed(() -> second.commit(mark(2)));
        index.begin().close();
    }

    @Test
    void refusesAMarkThatFalls() {
        commit(5, rows -> {});
        try (Transaction rows = index.begin()) {
            assertThatThrownBy(() -> rows.commit(mark(4))).isInstanceOf(IllegalArgumentException.class);
        }
        commit(5, rows -> rows.put(Family.QUEUE, bytes(1), bytes(1)));
        assertThat(index.applied()).isEqualTo(mark(5));
    }

    @Test
    void keepsItsOwnRowsToItself() {
        try (Transaction rows = index.begin()) {
            assertThatThrownBy(() -> rows.put(Family.META, bytes(0, 1), bytes(1)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> rows.delete(Family.META, bytes(0))).isInstanceOf(IllegalArgumentException.class);
            rows.put(Family.META, bytes(1), bytes(1));
            rows.put(Family.QUEUE, bytes(0), bytes(1));
            rows.commit(mark(1));
        }
    }

    @Test
    void refusesWritesToAView() {
        try (View view = index.view()) {
            assertThatThrownBy(() -> view.put(Family.QUEUE, bytes(1), bytes(1)))
                    .isInstanceOf(UnsupportedOperationException.class);
            assertThatThrownBy(() -> view.delete(Family.QUEUE, bytes(1)))
                    .isInstanceOf(UnsupportedOperationException.class);
        }
    }

    @Test
    void answersClosedAfterItWasClosed() {
        View view = index.view();
        View closedView = index.view();
        closedView.close();
        assertClosed(() -> closedView.get(Family.QUEUE, bytes(1)));
        Transaction transaction = index.begin();
        index.close();
        index.close();
        assertClosed(() -> view.get(Family.QUEUE, bytes(1)));
        assertClosed(() -> view.floor(Family.QUEUE, LOWEST, bytes(1)));
        assertClosed(() -> view.scan(Family.QUEUE, LOWEST, bytes(2), (key, value) -> true));
        assertClosed(() -> transaction.get(Family.QUEUE, bytes(1)));
        assertClosed(() -> transaction.commit(mark(1)));
        assertClosed(index::view);
        assertClosed(index::flush);
        view.close();
        transaction.close();
        assertClosed(index::begin);
    }

    @Test
    void countsLiveBytesOfFiles() {
        commit(1, rows -> {
            ExtentRows.put(rows, ExtentRow.ofBatch(1, 0, 9, new Extent(0, 64, 100), 10, 10, 5), 1);
            ExtentRows.put(rows, ExtentRow.ofBatch(1, 10, 19, new Extent(3, 64, 50), 0, 10, 5), 1);
        });
        commit(2, rows -> ExtentRows.dropBelow(rows, 1, 10, 5));
        assertThat(index.liveBytes()).containsOnly(Map.entry(3, 50L));
    }

    private void commit(int raftIndex, Consumer<Transaction> changes) {
        try (Transaction transaction = index.begin()) {
            changes.accept(transaction);
            transaction.commit(mark(raftIndex));
        }
    }

    static AppliedMark mark(int raftIndex) {
        return new AppliedMark(1 + raftIndex / 7, raftIndex, new LogPosition(raftIndex / 5, 64 * raftIndex));
    }

    private static void assertClosed(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CLOSED));
    }
}
