package io.millrace.replication.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.record.BatchHeader;
import io.millrace.storage.index.MemoryRows;
import io.millrace.testing.Seeds;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RollingChecksumTest {
    private static final int PARTITIONS = 3;

    private static BatchHeader stored(long baseOffset, int records, int size, int crc, int leaderEpoch) {
        return new BatchHeader(
                baseOffset, size, leaderEpoch, crc, (short) 0, records - 1, 1, 1, -1, (short) -1, -1, records);
    }

    /** The values stand on disks. */
    @Test
    void isComputedAsItAlwaysWas() {
        long one = RollingChecksum.after(RollingChecksum.START, stored(0, 5, 333, 0xCAFEBABE, 7));
        assertThat(one).isEqualTo(0x8f9b_ce8c_b216_3985L);
        assertThat(RollingChecksum.after(one, stored(5, 1, 80, -1, 8))).isEqualTo(0x4e23_d8b1_adc1_ae14L);
    }

    @Test
    void hangsOnEverythingThatItCovers() {
        Set<Long> sums = new HashSet<>();
        for (BatchHeader each : List.of(
                stored(0, 1, 80, 1, 1),
                stored(1, 1, 80, 1, 1),
                stored(0, 2, 80, 1, 1),
                stored(0, 1, 81, 1, 1),
                stored(0, 1, 80, 2, 1),
                stored(0, 1, 80, 1, 2))) {
            assertThat(sums.add(RollingChecksum.after(RollingChecksum.START, each)))
                    .as("%s", each)
                    .isTrue();
            assertThat(sums.add(RollingChecksum.after(1, each))).as("%s", each).isTrue();
        }
    }

    /** However the batches are shared out among entries and whatever happens between them; and the stored headers say the same as the entries. */
    @Seeds(20)
    void isEqualWhereTheSameBatchesWereAppended(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<AppendPart> parts = new ArrayList<>();
        long[] ends = new long[PARTITIONS];
        long[] sums = new long[PARTITIONS];
        for (int i = 0; i < 60; i++) {
            int partition = random.nextInt(PARTITIONS);
            BatchHeader batch = Histories.batch(random.nextInt(1, 9), -1, -1, -1, random.nextInt(1000));
            AppendPart part = AppendPart.of(batch, partition + 1, ends[partition], 1);
            parts.add(part);
            sums[partition] = RollingChecksum.after(
                    sums[partition], stored(part.baseOffset(), part.recordCount(), part.length(), part.crc(), 1));
            ends[partition] = part.lastOffset() + 1;
        }
        for (int replica = 0; replica < 3; replica++) {
            MemoryRows rows = applied(parts, random);
            for (int partition = 0; partition < PARTITIONS; partition++) {
                Partition found = Histories.get(rows, partition);
                assertThat(found.logEnd()).isEqualTo(ends[partition]);
                assertThat(found.checksum()).as("partition %d", partition).isEqualTo(sums[partition]);
                assertThat(found.checksumFrom()).isZero();
            }
        }
    }

    private static MemoryRows applied(List<AppendPart> parts, SplittableRandom random) {
        MemoryRows rows = Histories.withPartitions(PARTITIONS);
        int next = 0;
        long index = 1;
        while (next < parts.size()) {
            int count = random.nextInt(1, 1 + Math.min(5, parts.size() - next));
            List<AppendPart> some = new ArrayList<>(parts.subList(next, next + count));
            // Between partitions the order is free.
            if (some.stream().map(AppendPart::partition).distinct().count() == some.size()) {
                Collections.shuffle(some, new java.util.Random(random.nextLong()));
            }
            List<ShardCommand> commands =
                    random.nextBoolean() ? List.of() : List.of(new ShardCommand.ExpireProducers(random.nextInt(100)));
            Histories.apply(rows, 1, index, new EntryHeader(index, some, commands));
            index++;
            next += count;
        }
        return rows;
    }

    /** One batch that differs, at any place, is seen at the end. */
    @Seeds(20)
    void differsWhereOneBatchDiffers(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<BatchHeader> batches = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            batches.add(stored(i, 1, random.nextInt(70, 900), random.nextInt(), 1));
        }
        int changed = random.nextInt(batches.size());
        BatchHeader before = batches.get(changed);
        List<BatchHeader> other = new ArrayList<>(batches);
        other.set(changed, stored(changed, 1, before.sizeInBytes(), before.crc() ^ (1 << random.nextInt(32)), 1));
        assertThat(sum(other)).isNotEqualTo(sum(batches));
        Collections.swap(other, 3, 7);
        assertThat(sum(other)).isNotEqualTo(sum(batches));
    }

    private static long sum(List<BatchHeader> batches) {
        long sum = RollingChecksum.START;
        for (BatchHeader each : batches) {
            sum = RollingChecksum.after(sum, each);
        }
        return sum;
    }
}
