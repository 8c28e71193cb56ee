package io.millrace.storage.clean;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.storage.ShardLog;
import io.millrace.storage.StorageException;
import io.millrace.storage.file.FaultyFileOps.Operation;
import io.millrace.storage.index.ExtentRow;
import io.millrace.testing.Seeds;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RewriterTest {
    private static final int KEPT = 0;
    private static final int DROPPED = 1;
    private static final long SEGMENT_BYTES = 64 << 10;

    private final SplittableRandom random = RewriteRig.random(4711);

    /** Two topics share every file, and one of them is deleted. */
    private RewriteRig interleaved() {
        RewriteRig rig = new RewriteRig();
        for (int i = 0; i < 40; i++) {
            rig.append(random, 5000, KEPT, DROPPED);
        }
        rig.flush();
        rig.drop(DROPPED);
        rig.flush();
        return rig;
    }

    @Test
    void aDeletedTopicGivesItsSpaceBackThoughItSharesEveryFile() {
        RewriteRig rig = interleaved();
        assertThat(rig.clean()).as("every file has live bytes").isZero();
        long bytes = rig.settle(random);
        assertThat(bytes).isLessThan(rig.liveBytes() + 2 * SEGMENT_BYTES);
        assertThat(rig.files()).anyMatch(ShardLog::isMoved);
        assertThat(rig.rewriter.movedBytes()).isLessThanOrEqualTo(rig.liveBytes());
        rig.crash(random);
        rig.check();
    }

    @Test
    void anOldFileStaysUntilTheMoveIsDurable() {
        RewriteRig rig = interleaved();
        List<Integer> before = rig.files();
        assertThat(rig.rewrite()).isTrue();
        assertThat(rig.clean())
                .as("at the same mark as the flush, but a later commit")
                .isZero();
        assertThat(rig.files()).containsAll(before);
        rig.flush();
        assertThat(rig.clean()).isPositive();
        rig.check();
    }

    @Test
    void extentsAreMovedInTheOrderOfPartitionAndOffset() {
        RewriteRig rig = new RewriteRig();
        for (int i = 0; i < 12; i++) {
            rig.append(random, 1000, 5, DROPPED, DROPPED, DROPPED, 3);
        }
        rig.append(random, 60_000, 7);
        rig.append(random, 60_000, 7);
        rig.flush();
        rig.drop(DROPPED);
        rig.flush();
        assertThat(rig.rewrite()).isTrue();
        ExtentRow last = rig.row(3, 0);
        assertThat(ShardLog.isMoved(last.file())).isTrue();
        for (int partition : new int[] {3, 5}) {
            for (long offset = partition == 3 ? 1 : 0; offset < 12; offset++) {
                ExtentRow next = rig.row(partition, offset);
                assertThat(next.file()).isEqualTo(last.file());
                assertThat(next.position()).isGreaterThan(last.position());
                last = next;
            }
        }
    }

    @Test
    void whatTheRaftLogStillNeedsIsNotTouched() {
        RewriteRig rig = interleaved();
        assertThat(rig.rewriter.rewrite(0, 0, Pace.UNBOUNDED)).isFalse();
        assertThat(rig.files()).noneMatch(ShardLog::isMoved);
    }

    @Test
    void aRowThatIsDroppedWhileItIsCopiedStaysDropped() {
        RewriteRig rig = interleaved();
        boolean[] dropped = new boolean[1];
        assertThat(rig.rewriter.rewrite(Long.MAX_VALUE, 0, bytes -> {
                    if (!dropped[0]) {
                        dropped[0] = true;
                        rig.trim(KEPT, 20);
                    }
                    return true;
                }))
                .isTrue();
        rig.check();
        assertThat(rig.settle(random)).isLessThan(rig.liveBytes() + 2 * SEGMENT_BYTES);
    }

    @Test
    void aRewriteThatIsToldToStopLeavesNothingBehind() {
        RewriteRig rig = interleaved();
        List<Integer> before = rig.files();
        int[] left = {3};
        assertThat(rig.rewriter.rewrite(Long.MAX_VALUE, 0, bytes -> left[0]-- > 0))
                .isFalse();
        rig.awaitDeletions();
        assertThat(rig.files()).isEqualTo(before);
        rig.check();
    }

    @Test
    void aDiskWithoutRoomIsLeftAlone() {
        RewriteRig rig = interleaved();
        rig.disk.limitSpace(1000);
        assertThat(rig.rewrite()).isFalse();
        rig.disk.heal();
        assertThat(rig.rewrite()).isTrue();
    }

    /** A copy would get a checksum that says that it is sound. */
    @Test
    void aDamagedExtentStaysWhereItIsAndItsNeighboursMove() {
        RewriteRig rig = interleaved();
        ExtentRow damaged = rig.row(KEPT, 2);
        rig.crash(random); // so that it is read from the file
        rig.disk.flipBit(RewriteRig.DIRECTORY.resolve("0000000000.seg"), damaged.position() + 17, 3);
        assertThat(damaged.file()).isZero();
        rig.flush();
        while (rig.rewrite()) {
            rig.flush();
        }
        rig.clean();
        assertThat(rig.row(KEPT, 2)).isEqualTo(damaged);
        assertThat(rig.rewriter.damagedFiles()).isEqualTo(1);
        assertThat(ShardLog.isMoved(rig.row(KEPT, 1).file())).isTrue();
        assertThat(ShardLog.isMoved(rig.row(KEPT, 3).file())).isTrue();
        assertThat(rig.files()).contains(0).doesNotContain(1);
        rig.trim(KEPT, 3);
        assertThat(rig.settle(random)).isLessThan(rig.liveBytes() + 2 * SEGMENT_BYTES);
        assertThat(rig.files()).doesNotContain(0);
    }

    @Test
    void aReaderOfTheOldPlaceIsToldThatItIsGone() {
        RewriteRig rig = interleaved();
        ExtentRow old = rig.row(KEPT, 0);
        rig.settle(random);
        assertThatThrownBy(() -> rig.log.read(old.extent(), 0, ByteBuffer.allocate(old.length())))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.GONE));
    }

    @Test
    void numbersAreNeverGivenTwice() {
        RewriteRig rig = interleaved();
        List<Integer> given = new ArrayList<>();
        for (int round = 0; round < 4; round++) {
            rig.settle(random);
            given.addAll(rig.files().stream().filter(ShardLog::isMoved).toList());
            rig.drop(KEPT);
            rig.flush();
            rig.clean();
            rig.awaitDeletions(); // the rows alone know the numbers now
            rig.crash(random);
            for (int i = 0; i < 20; i++) {
                rig.append(random, 5000, KEPT, DROPPED);
            }
            rig.drop(DROPPED);
        }
        assertThat(given).doesNotHaveDuplicates().hasSizeGreaterThan(3);
    }

    /** A fault at each operation on the disk that a pass makes, then the end of the process or of the machine. */
    @Test
    void aCrashAtEveryStepOfARewriteLosesNothing() {
        RewriteRig counted = interleaved();
        counted.disk.clearEvents();
        assertThat(counted.rewrite()).isTrue();
        int operations = counted.disk.events().size();
        assertThat(counted.disk.count(Operation.WRITE)).isPositive();
        assertThat(counted.disk.count(Operation.FORCE)).isPositive();
        assertThat(counted.disk.count(Operation.FORCE_DIRECTORY)).isPositive();
        for (int step = 1; step <= operations; step++) {
            for (int end = 0; end < 3; end++) {
                RewriteRig rig = interleaved();
                rig.disk.failNth(step);
                try {
                    rig.rewrite();
                } catch (StorageException e) {
                    assertThat(e.kind()).isEqualTo(StorageException.Kind.IO);
                }
                if (end > 0) {
                    rig.crash(RewriteRig.random(end * 31L + step));
                }
                rig.disk.heal();
                rig.check();
                assertThat(rig.settle(random))
                        .as("step %d, end %d", step, end)
                        .isLessThan(rig.liveBytes() + 2 * SEGMENT_BYTES + (end == 0 ? SEGMENT_BYTES : 0));
            }
        }
        System.out.printf("rewrite: a crash at each of %d disk operations of a pass lost nothing%n", operations);
    }

    /** The steps that are not the disk's: rows moved, index flushed, file deleted, deletion in the middle. */
    @Seeds(12)
    void aCrashBetweenTheStepsLosesNothing(long seed) {
        for (int steps = 1; steps <= 4; steps++) {
            RewriteRig rig = interleaved();
            rig.rewrite();
            if (steps >= 2) {
                rig.flush();
            }
            if (steps >= 3) {
                if (steps == 4) {
                    rig.disk.failNth(
                            switch ((int) (seed & 3)) {
                                case 0 -> Operation.TRUNCATE;
                                case 1 -> Operation.DELETE;
                                case 2 -> Operation.RENAME;
                                default -> Operation.FORCE_DIRECTORY;
                            },
                            1);
                }
                rig.clean();
            }
            rig.crash(RewriteRig.random(seed));
            rig.check();
            assertThat(rig.settle(random)).isLessThan(rig.liveBytes() + 2 * SEGMENT_BYTES);
        }
    }

    @Seeds(25)
    void equalsTheModelThroughRewritesAndCrashes(long seed) {
        SplittableRandom chance = RewriteRig.random(seed);
        RewriteRig rig = new RewriteRig();
        for (int step = 0; step < 250; step++) {
            int choice = chance.nextInt(100);
            int partition = chance.nextInt(4);
            if (choice < 50) {
                rig.append(chance, 1 + chance.nextInt(6000), partition, chance.nextInt(4, 7));
            } else if (choice < 58) {
                rig.trim(partition, chance.nextLong(rig.end(partition) + 1));
            } else if (choice < 61) {
                rig.drop(partition);
            } else if (choice < 70) {
                rig.flush();
            } else if (choice < 82) {
                rig.rewrite();
            } else if (choice < 90) {
                rig.clean();
                if (chance.nextBoolean()) {
                    rig.awaitDeletions();
                }
            } else if (choice < 94) {
                rig.awaitDeletions();
                rig.disk.failNth(chance.nextInt(1, 40));
                try {
                    rig.rewrite();
                } catch (StorageException e) {
                    assertThat(e.kind()).isEqualTo(StorageException.Kind.IO);
                }
                rig.crash(chance);
            } else if (choice < 97) {
                rig.crash(chance);
            }
            rig.check();
        }
        long bytes = rig.settle(chance);
        assertThat(bytes)
                .as(
                        "at most 40 %% of the files that were looked at is dead; frames and the file that is open come on top")
                .isLessThan(rig.liveBytes() * 10 / 6 + 4 * SEGMENT_BYTES);
        System.out.printf(
                "rewrite: seed %d, 250 steps of appends, deletions, rewrites and crashes as in a map%n", seed);
    }
}
