package io.millrace.storage.clean;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.storage.AppliedMark;
import io.millrace.storage.Extent;
import io.millrace.storage.LogPosition;
import io.millrace.storage.PartitionIndex.Transaction;
import io.millrace.storage.PartitionIndex.View;
import io.millrace.storage.ShardLog;
import io.millrace.storage.ShardLog.Frame;
import io.millrace.storage.ShardLog.SegmentInfo;
import io.millrace.storage.file.DiskFiles;
import io.millrace.storage.index.ExtentRow;
import io.millrace.storage.index.ExtentRows;
import io.millrace.storage.index.FileRow;
import io.millrace.storage.index.FileRows;
import io.millrace.storage.index.MemoryPartitionIndex;
import io.millrace.storage.log.LogConfig;
import io.millrace.storage.log.ShardLogs;
import io.millrace.testing.Seeds;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The cleaner beside a real shard log, an index that crashes, and a list in place of the Raft log. */
class DeadFileCleanerTest {
    private static final int PARTITIONS = 3;
    private static final LogConfig SMALL = LogConfig.DEFAULT.withSizes(64 << 10, 16 << 10, 64 << 10);

    @TempDir
    private Path directory;

    private final List<Entry> raftLog = new ArrayList<>();
    private final long[] ends = new long[PARTITIONS];
    private final long[] trimmed = new long[PARTITIONS];
    private long floor;
    private MemoryPartitionIndex index = new MemoryPartitionIndex();
    private ShardLog log;
    private DeadFileCleaner cleaner;

    /** An entry appends a batch of one record, where it has bytes, or else trims the partition. */
    private record Entry(int partition, int bytes, long offset) {}

    @BeforeEach
    void start() {
        open();
    }

    @AfterEach
    void stop() {
        log.close();
    }

    @Test
    void deletesAFileOnceItsDeathIsDurableAndTheRaftLogHasPassedIt() {
        appendUntilFile(2);
        propose(new Entry(0, 0, ends[0]));
        assertThat(cleaner.clean(Long.MAX_VALUE, 9)).as("death is not durable").isZero();
        index.flush();
        assertThat(cleaner.clean(1, 9)).as("the Raft log still holds it").isZero();
        long lastOfFirst = row(0).lastRaftIndex();
        assertThat(cleaner.clean(lastOfFirst, 9)).as("its last entry too").isZero();
        assertThat(cleaner.clean(lastOfFirst + 1, 9))
                .as("seen dead after the flush, at the same mark")
                .isEqualTo(1);
        assertThat(files()).doesNotContain(0).contains(1, 2);
        assertThat(cleaner.clean(Long.MAX_VALUE, 9)).isEqualTo(1);
        propose(new Entry(0, 0, ends[0]));
        try (View view = index.view()) {
            assertThat(FileRows.all(view)).extracting(FileRow::file).containsExactly(2);
        }
    }

    @Test
    void waitsForAFlushAfterItSawTheDeath() {
        appendUntilFile(1);
        index.flush();
        propose(new Entry(0, 0, ends[0]));
        assertThat(cleaner.clean(Long.MAX_VALUE, 9)).isZero();
        assertThat(cleaner.clean(Long.MAX_VALUE, 9)).isZero();
        crash();
        assertThat(cleaner.clean(Long.MAX_VALUE, 9)).isZero();
        index.flush();
        assertThat(cleaner.clean(Long.MAX_VALUE, 9)).isEqualTo(1);
    }

    @Test
    void deletesNoMoreThanItIsAllowedTo() {
        appendUntilFile(5);
        propose(new Entry(0, 0, ends[0]));
        index.flush();
        assertThat(cleaner.clean(Long.MAX_VALUE, 2)).isEqualTo(2);
        assertThat(cleaner.clean(Long.MAX_VALUE, 2)).isEqualTo(2);
        assertThat(cleaner.clean(Long.MAX_VALUE, 2)).isEqualTo(1);
        assertThat(files()).containsExactly(5);
    }

    @Test
    void keepsAFileWhoseEntriesLeftNoExtentWhileTheRaftLogHoldsThem() {
        while (log.end().file() == 0) {
            append(1000, raftLog.size());
            raftLog.add(new Entry(0, 1000, 0));
            apply(raftLog.size() - 1, false);
        }
        index.flush();
        assertThat(cleaner.clean(2, 9)).isZero();
        assertThat(cleaner.clean(raftLog.size(), 9)).isEqualTo(1);
    }

    @Seeds(8)
    void neverDeletesWhatIsNeededAndLeavesNothingBehind(long seed) {
        RandomGenerator random = new SplittableRandom(seed);
        for (int step = 0; step < 200; step++) {
            int partition = random.nextInt(PARTITIONS);
            switch (random.nextInt(12)) {
                case 0, 1 -> {
                    trimmed[partition] = below(random, partition);
                    propose(new Entry(partition, 0, trimmed[partition]));
                }
                case 2 -> index.flush();
                case 3 ->
                    floor = Math.max(
                            floor, random.nextLong(Math.max(1, index.durable().raftIndex() + 2)));
                case 4, 5 -> cleaner.clean(floor, 1 + random.nextInt(3));
                case 6 -> {
                    if (random.nextInt(5) == 0) {
                        crash();
                    }
                }
                default -> propose(new Entry(partition, 1 + random.nextInt(12_000), ends[partition]++));
            }
            assertEverythingNeededIsThere();
        }
        for (int partition = 0; partition < PARTITIONS; partition++) {
            propose(new Entry(partition, 0, ends[partition]));
        }
        index.flush();
        floor = raftLog.size();
        cleaner.clean(floor, 100);
        propose(new Entry(0, 0, ends[0]));
        assertThat(log.segments()).allMatch(segment -> !segment.sealed());
        try (View view = index.view()) {
            assertThat(FileRows.all(view)).hasSizeLessThanOrEqualTo(1);
        }
    }

    private long below(RandomGenerator random, int partition) {
        return Math.max(trimmed[partition], random.nextLong(ends[partition] + 1));
    }

    private void appendUntilFile(int file) {
        while (log.end().file() < file) {
            propose(new Entry(0, 5000, ends[0]++));
        }
    }

    /** Appends the payload, forces it, applies the entry. */
    private void propose(Entry entry) {
        if (entry.bytes() > 0) {
            append(entry.bytes(), raftLog.size());
        }
        raftLog.add(entry);
        apply(raftLog.size() - 1, true);
    }

    private void append(int bytes, long raftIndex) {
        byte[] payload = new byte[bytes];
        CRC32C crc = new CRC32C();
        crc.update(payload);
        log.append(1, raftIndex, (int) crc.getValue(), List.of(ByteBuffer.wrap(payload)));
        log.flush();
    }

    private void apply(int raftIndex, boolean live) {
        Entry entry = raftLog.get(raftIndex);
        LogPosition end = index.applied().logEnd();
        try (Transaction rows = index.begin()) {
            if (entry.bytes() > 0) {
                Frame frame = Objects.requireNonNull(log.find(1, raftIndex), "frame of " + raftIndex);
                FileRows.touch(rows, frame.payload().file(), raftIndex);
                if (live) {
                    ExtentRows.put(
                            rows,
                            ExtentRow.ofBatch(
                                    entry.partition(), entry.offset(), entry.offset(), frame.payload(), 0, 1, 0),
                            raftIndex);
                }
                end = frame.end();
            } else {
                ExtentRows.dropBelow(rows, entry.partition(), entry.offset(), Integer.MAX_VALUE);
            }
            cleaner.forgetDeleted(rows);
            rows.commit(new AppliedMark(1, raftIndex, end));
        }
        log.applied(raftIndex);
    }

    /** The index loses what was not flushed, the log nothing that was forced; entries after the mark are applied again. */
    private void crash() {
        log.close();
        index = index.crashed();
        open();
        for (int raftIndex = (int) index.applied().raftIndex() + 1; raftIndex < raftLog.size(); raftIndex++) {
            assertEverythingNeededIsThere();
            apply(raftIndex, true);
        }
    }

    private void open() {
        log = ShardLogs.open(
                directory,
                SMALL,
                DiskFiles.buffered(),
                (what, cause) -> {
                    throw new AssertionError(what, cause);
                },
                index.applied().logEnd(),
                index.liveBytes().keySet());
        cleaner = new DeadFileCleaner(log, index);
    }

    private void assertEverythingNeededIsThere() {
        Set<Integer> files = files();
        try (View view = index.view()) {
            for (int partition = 0; partition < PARTITIONS; partition++) {
                ExtentRows.scan(view, partition, 0, extent -> {
                    Extent place = extent.extent();
                    assertThat(files).contains(place.file());
                    log.read(place, 0, ByteBuffer.allocate(place.length()));
                    return true;
                });
            }
            for (FileRow row : FileRows.all(view)) {
                if (row.lastRaftIndex() >= floor) {
                    assertThat(files).contains(row.file());
                }
            }
        }
    }

    private FileRow row(int file) {
        try (View view = index.view()) {
            return Objects.requireNonNull(FileRows.get(view, file), "row of " + file);
        }
    }

    private Set<Integer> files() {
        Set<Integer> files = new HashSet<>();
        for (SegmentInfo segment : log.segments()) {
            files.add(segment.file());
        }
        return files;
    }
}
