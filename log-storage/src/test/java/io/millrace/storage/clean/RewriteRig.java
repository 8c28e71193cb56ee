package io.millrace.storage.clean;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.storage.AppliedMark;
import io.millrace.storage.Extent;
import io.millrace.storage.LogPosition;
import io.millrace.storage.PartitionIndex.Transaction;
import io.millrace.storage.PartitionIndex.View;
import io.millrace.storage.Rows;
import io.millrace.storage.ShardLog.Frame;
import io.millrace.storage.ShardLog.SegmentInfo;
import io.millrace.storage.StorageException;
import io.millrace.storage.file.FaultyFileOps;
import io.millrace.storage.index.ExtentRow;
import io.millrace.storage.index.ExtentRows;
import io.millrace.storage.index.FileRow;
import io.millrace.storage.index.FileRows;
import io.millrace.storage.index.MemoryPartitionIndex;
import io.millrace.storage.log.LogConfig;
import io.millrace.storage.log.SegmentedShardLog;
import io.millrace.storage.log.ShardLogs;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.zip.CRC32C;
import org.awaitility.Awaitility;

/**
 * A shard log on a disk that forgets, an index that forgets, and a list in place of the Raft log, which does not. Beside them the model:
 * what each partition holds.
 */
final class RewriteRig {
    static final Path DIRECTORY = Path.of("/shard");
    private static final LogConfig SMALL =
            new LogConfig(64 << 10, 16 << 10, 64 << 10, 4, Duration.ofSeconds(30), 16 << 10, Duration.ZERO);

    final FaultyFileOps disk = new FaultyFileOps();
    private final List<Entry> raftLog = new ArrayList<>();
    private final Map<Integer, TreeMap<Long, byte[]>> model = new TreeMap<>();
    private final Map<Integer, Long> ends = new HashMap<>();
    MemoryPartitionIndex index = new MemoryPartitionIndex();
    SegmentedShardLog log;
    DeadFileCleaner cleaner;
    Rewriter rewriter;
    private long floor;

    /** An entry appends extents to some partitions, one behind the other, or drops what a partition holds below an offset. */
    private sealed interface Entry {}

    private record Append(List<Integer> partitions, List<Long> offsets, List<byte[]> extents) implements Entry {}

    private record Trim(int partition, long below) implements Entry {}

    RewriteRig() {
        open();
    }

    private void open() {
        log = ShardLogs.open(
                DIRECTORY,
                SMALL,
                disk,
                (what, cause) -> {
                    throw new AssertionError(what, cause);
                },
                index.applied().logEnd(),
                index.liveBytes().keySet());
        cleaner = new DeadFileCleaner(log, index);
        rewriter = new Rewriter(log, index, this::isSound, this::amend);
    }

    private boolean isSound(Rows rows, ExtentRow extent, ByteBuffer target) {
        try {
            log.read(extent.extent(), 0, target);
        } catch (StorageException e) {
            if (e.kind() == StorageException.Kind.IO || e.kind() == StorageException.Kind.CORRUPT) {
                return false;
            }
            throw e;
        }
        CRC32C crc = new CRC32C();
        crc.update(target.slice(4, extent.length() - 4));
        return (int) crc.getValue() == target.getInt(0);
    }

    private void amend(Consumer<Rows> change) {
        try (Transaction rows = index.begin()) {
            change.accept(rows);
            rows.commit(index.applied());
        }
    }

    void append(RandomGenerator random, int bytes, Integer... partitions) {
        List<Long> offsets = new ArrayList<>();
        List<byte[]> extents = new ArrayList<>();
        List<ByteBuffer> payload = new ArrayList<>();
        CRC32C crc = new CRC32C();
        for (int partition : partitions) {
            byte[] extent = new byte[Math.max(5, bytes)];
            random.nextBytes(extent);
            ByteBuffer.wrap(extent).putInt(crc(extent, 4, extent.length - 4));
            offsets.add(ends.merge(partition, 1L, Long::sum) - 1);
            extents.add(extent);
            payload.add(ByteBuffer.wrap(extent));
            crc.update(extent);
        }
        log.append(1, raftLog.size(), (int) crc.getValue(), payload);
        log.flush();
        propose(new Append(List.of(partitions), offsets, extents));
    }

    void drop(int partition) {
        trim(partition, Long.MAX_VALUE);
    }

    void trim(int partition, long below) {
        propose(new Trim(partition, below));
    }

    long end(int partition) {
        return ends.getOrDefault(partition, 0L);
    }

    private void propose(Entry entry) {
        raftLog.add(entry);
        if (entry instanceof Append append) {
            for (int i = 0; i < append.partitions().size(); i++) {
                model.computeIfAbsent(append.partitions().get(i), any -> new TreeMap<>())
                        .put(append.offsets().get(i), append.extents().get(i));
            }
        } else if (entry instanceof Trim trim) {
            model.getOrDefault(trim.partition(), new TreeMap<>())
                    .headMap(trim.below())
                    .clear();
        }
        apply(raftLog.size() - 1);
    }

    private void apply(int raftIndex) {
        LogPosition end = index.applied().logEnd();
        try (Transaction rows = index.begin()) {
            if (raftLog.get(raftIndex) instanceof Append append) {
                Frame frame = Objects.requireNonNull(log.find(1, raftIndex), "frame of " + raftIndex);
                int position = 0;
                for (int i = 0; i < append.partitions().size(); i++) {
                    int length = append.extents().get(i).length;
                    Extent place = frame.payload().slice(position, length);
                    long offset = append.offsets().get(i);
                    ExtentRows.put(
                            rows,
                            ExtentRow.ofBatch(append.partitions().get(i), offset, offset, place, 0, 1, 0),
                            raftIndex);
                    position += length;
                }
                end = frame.end();
            } else if (raftLog.get(raftIndex) instanceof Trim trim) {
                ExtentRows.dropBelow(rows, trim.partition(), trim.below(), Integer.MAX_VALUE);
            }
            cleaner.forgetDeleted(rows);
            rows.commit(new AppliedMark(1, raftIndex, end));
        }
        log.applied(raftIndex);
    }

    /** As a checkpoint does: the index is durable, the Raft log may be purged. */
    void flush() {
        index.flush();
        floor = index.durable().raftIndex() + 1;
    }

    boolean rewrite() {
        return rewriter.rewrite(floor, 0, Pace.UNBOUNDED);
    }

    int clean() {
        return cleaner.clean(floor, 100);
    }

    /** The process ends, and the machine with it or not; both sides lose what they had not made durable. */
    void crash(RandomGenerator random) {
        log.close();
        switch (random.nextInt(3)) {
            case 0 -> disk.crash();
            case 1 -> disk.crashTorn(random);
            default -> disk.kill();
        }
        disk.heal();
        index = index.crashed();
        open();
        for (int i = (int) index.applied().raftIndex() + 1; i < raftLog.size(); i++) {
            apply(i);
        }
    }

    /** All that there should be is there, byte for byte, and nothing else. */
    void check() {
        Map<Integer, Long> live = new HashMap<>();
        try (View view = index.view()) {
            for (int partition : model.keySet()) {
                Map<Long, byte[]> found = new TreeMap<>();
                ExtentRows.scan(view, partition, 0, extent -> {
                    ByteBuffer target = ByteBuffer.allocate(extent.length());
                    log.read(extent.extent(), 0, target);
                    found.put(extent.baseOffset(), target.array());
                    live.merge(extent.file(), (long) extent.length(), Long::sum);
                    return true;
                });
                Map<Long, byte[]> expected = model.getOrDefault(partition, new TreeMap<>());
                assertThat(found.keySet()).as("partition " + partition).isEqualTo(expected.keySet());
                found.forEach((offset, bytes) -> assertThat(bytes)
                        .as("partition %d offset %d", partition, offset)
                        .isEqualTo(expected.get(offset)));
            }
            for (FileRow row : FileRows.all(view)) {
                assertThat(row.liveBytes()).as(row.toString()).isEqualTo(live.getOrDefault(row.file(), 0L));
            }
        }
        assertThat(index.liveBytes()).isEqualTo(live);
    }

    /** Rewrites and cleans until nothing is left to do; answers the bytes of all segment files, those that are being deleted too. */
    long settle(RandomGenerator random) {
        boolean goesOn;
        do {
            flush();
            boolean rewrote = rewrite();
            check();
            flush();
            int deleted = clean();
            goesOn = rewrote || deleted > 0;
        } while (goesOn);
        // An entry of its own takes the rows of deleted files away.
        append(random, 100, 99);
        awaitDeletions();
        check();
        return disk.files().values().stream().mapToLong(bytes -> bytes.length).sum();
    }

    /** They run in the background, and must not meet the faults of later steps. */
    void awaitDeletions() {
        List<String> there = log.segments().stream()
                .map(info -> String.format("%010d", info.file()))
                .toList();
        Awaitility.await()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .until(() -> disk.files().keySet().stream()
                        .map(file -> file.getFileName().toString())
                        .allMatch(name -> !name.endsWith(".deleted") && there.contains(name.substring(0, 10))));
    }

    long liveBytes() {
        return model.values().stream()
                .flatMap(extents -> extents.values().stream())
                .mapToLong(bytes -> bytes.length)
                .sum();
    }

    List<Integer> files() {
        return log.segments().stream().map(SegmentInfo::file).toList();
    }

    ExtentRow row(int partition, long offset) {
        try (View view = index.view()) {
            return Objects.requireNonNull(ExtentRows.locate(view, partition, offset));
        }
    }

    static SplittableRandom random(long seed) {
        return new SplittableRandom(seed);
    }

    private static int crc(byte[] bytes, int from, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, from, length);
        return (int) crc.getValue();
    }
}
