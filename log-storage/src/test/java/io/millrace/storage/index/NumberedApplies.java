package io.millrace.storage.index;

import io.millrace.storage.AppliedMark;
import io.millrace.storage.Family;
import io.millrace.storage.PartitionIndex;
import io.millrace.storage.PartitionIndex.Transaction;
import io.millrace.storage.Rows;
import java.util.List;
import java.util.SplittableRandom;

/** Applies whose changes follow from their number alone, so that the rows at a mark can be computed anew. */
final class NumberedApplies {
    private static final List<Family> FAMILIES = List.of(Family.values());

    private NumberedApplies() {}

    static void commit(PartitionIndex index, int number) {
        try (Transaction transaction = index.begin()) {
            apply(transaction, number);
            transaction.commit(mark(number));
        }
    }

    /** The rows after applies 1 to {@code last}. */
    static MemoryRows upTo(int last) {
        MemoryRows rows = new MemoryRows();
        for (int number = 1; number <= last; number++) {
            apply(rows, number);
        }
        return rows;
    }

    static AppliedMark mark(int number) {
        return PartitionIndexContract.mark(number);
    }

    private static void apply(Rows rows, int number) {
        SplittableRandom random = new SplittableRandom(number);
        for (int i = 0; i < 10; i++) {
            Family family = FAMILIES.get(random.nextInt(FAMILIES.size()));
            byte[] key = RandomRows.bytes(1 + random.nextInt(100), random.nextInt(256));
            if (random.nextInt(4) == 0) {
                rows.delete(family, key);
            } else {
                byte[] value = new byte[random.nextInt(60)];
                random.nextBytes(value);
                rows.put(family, key, value);
            }
        }
    }
}
