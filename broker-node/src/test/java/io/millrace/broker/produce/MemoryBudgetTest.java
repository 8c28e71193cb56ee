package io.millrace.broker.produce;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.produce.MemoryBudget.Grant;
import io.millrace.broker.produce.MemoryBudget.Lane;
import io.millrace.testing.Seeds;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class MemoryBudgetTest {
    private final MemoryBudget budget = new MemoryBudget(200);

    @Test
    void grantsAtOnceWhileThereIsRoom() {
        List<Grant> grants = new ArrayList<>();
        budget.take(Lane.APPEND, 60, grants::add);
        budget.take(Lane.APPEND, 40, grants::add);
        assertThat(grants).hasSize(2);
        assertThat(budget.usedBytes(Lane.APPEND)).isEqualTo(100);
    }

    @Test
    void servesInOrderSoThatALargeOneIsNotStarved() {
        List<String> order = new ArrayList<>();
        List<Grant> grants = new ArrayList<>();
        budget.take(Lane.APPEND, 60, grants::add);
        budget.take(Lane.APPEND, 90, grant -> order.add("large"));
        budget.take(Lane.APPEND, 1, grant -> order.add("small"));
        assertThat(order).isEmpty();
        assertThat(budget.waiting(Lane.APPEND)).isEqualTo(2);
        grants.get(0).close();
        assertThat(order).containsExactly("large", "small");
    }

    @Test
    void keepsLanesApart() {
        List<Grant> grants = new ArrayList<>();
        budget.take(Lane.READ, 100, grants::add);
        budget.take(Lane.READ, 1, grants::add);
        budget.take(Lane.APPEND, 100, grants::add);
        assertThat(grants).hasSize(2);
    }

    @Test
    void givesARequestLargerThanTheLaneTheWholeLane() {
        List<Grant> grants = new ArrayList<>();
        budget.take(Lane.READ, 1_000, grants::add);
        assertThat(grants).hasSize(1);
        assertThat(budget.usedBytes(Lane.READ)).isEqualTo(100);
    }

    @Test
    void countsAShrunkOrTwiceClosedGrantOnce() {
        List<Grant> grants = new ArrayList<>();
        budget.take(Lane.READ, 80, grants::add);
        grants.get(0).shrinkTo(10);
        assertThat(budget.usedBytes(Lane.READ)).isEqualTo(10);
        grants.get(0).close();
        grants.get(0).close();
        assertThat(budget.usedBytes(Lane.READ)).isZero();
    }

    @Seeds(50)
    void neverPassesItsLimitAndServesInOrder(long seed) {
        Random random = new Random(seed);
        Deque<Grant> open = new ArrayDeque<>();
        List<Integer> granted = new ArrayList<>();
        int asked = 0;
        for (int step = 0; step < 500; step++) {
            if (random.nextBoolean()) {
                int number = asked++;
                budget.take(Lane.APPEND, random.nextInt(1, 130), grant -> {
                    granted.add(number);
                    open.add(grant);
                });
            } else if (!open.isEmpty()) {
                Grant grant = random.nextBoolean() ? open.removeFirst() : open.removeLast();
                if (random.nextInt(3) == 0) {
                    grant.shrinkTo(random.nextInt(50));
                }
                grant.close();
            }
            assertThat(budget.usedBytes(Lane.APPEND)).isBetween(0L, 100L);
        }
        while (!open.isEmpty()) {
            open.removeFirst().close();
        }
        assertThat(granted).hasSize(asked).isSorted();
        assertThat(budget.usedBytes(Lane.APPEND)).isZero();
    }
}
