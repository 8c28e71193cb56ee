package io.millrace.storage.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.storage.Extent;
import io.millrace.storage.LogPosition;
import io.millrace.storage.ShardLog.Frame;
import io.millrace.storage.ShardLog.SegmentInfo;
import io.millrace.storage.StorageException;
import io.millrace.storage.file.FaultyFileOps;
import io.millrace.storage.file.FaultyFileOps.Operation;
import io.millrace.testing.Seeds;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * Random operations, crashes and faults against a list of byte arrays. What was flushed and not forgotten is there after any crash; what was not
 * flushed is there whole or not at all, and nothing of a flush is there behind something that is not.
 */
class ShardLogModelTest {
    private static final Path DIRECTORY = Path.of("/shard");
    private static final int STEPS = 400;

    /** What was appended. */
    private static final class Entry {
        final long term;
        final long raftIndex;
        final byte[] payload;
        final Extent extent;
        boolean durable;
        boolean forgotten;
        boolean deleted;

        Entry(long term, long raftIndex, byte[] payload, Extent extent) {
            this.term = term;
            this.raftIndex = raftIndex;
            this.payload = payload;
            this.extent = extent;
        }
    }

    private record Key(long term, long raftIndex) {}

    private SplittableRandom random = new SplittableRandom(0);
    private final FaultyFileOps disk = new FaultyFileOps();
    private final List<Entry> entries = new ArrayList<>();
    private final Map<Key, byte[]> payloads = new HashMap<>();
    private final LogConfig config =
            new LogConfig(64 << 10, 8 << 10, 24 << 10, 2, Duration.ofSeconds(30), 16 << 10, Duration.ZERO);
    private int failStops;
    private long term = 1;
    private long lastIndex = -1;
    private long applied = -1;
    private LogPosition appliedEnd = LogPosition.START;

    private @Nullable SegmentedShardLog opened;

    @Seeds(40)
    void keepsWhatWasFlushedThroughCrashesAndFaults(long seed) {
        random = new SplittableRandom(seed);
        opened = open();
        for (int step = 0; step < STEPS; step++) {
            step();
        }
        checkAll();
        log().close();
        System.out.printf("model: seed %d, %d steps equal to the model%n", seed, STEPS);
    }

    private void step() {
        int choice = random.nextInt(100);
        if (choice < 45) {
            append();
        } else if (choice < 63) {
            flush();
        } else if (choice < 69) {
            forget(applied + 1 + random.nextLong(lastIndex - applied + 1));
        } else if (choice < 77) {
            apply();
        } else if (choice < 88) {
            readOne();
        } else if (choice < 91) {
            delete();
        } else if (choice < 94) {
            crash();
        } else if (choice < 97) {
            crashInFlush();
        } else if (choice < 98) {
            crashInRecovery();
        } else {
            checkAll();
        }
    }

    private void append() {
        if (random.nextInt(4) == 0) {
            lastIndex++; // an entry without a payload
        }
        appendNext();
    }

    private void appendNext() {
        long index = lastIndex + 1;
        byte[] payload = payloads.computeIfAbsent(new Key(term, index), key -> {
            byte[] bytes = new byte[size()];
            random.nextBytes(bytes);
            return bytes;
        });
        int cut = payload.length == 0 ? 0 : random.nextInt(payload.length);
        ByteBuffer direct = ByteBuffer.allocateDirect(payload.length - cut);
        direct.put(payload, cut, payload.length - cut).flip();
        Extent extent = log().append(term, index, crc(payload), List.of(ByteBuffer.wrap(payload, 0, cut), direct));
        assertThat(direct.position()).isZero();
        assertThat(extent.length()).isEqualTo(payload.length);
        entries.add(new Entry(term, index, payload, extent));
        lastIndex = index;
        assertThat(log().end()).isEqualTo(find(term, index).end());
    }

    private int size() {
        return switch (random.nextInt(12)) {
            case 0 -> 0;
            case 1 -> random.nextInt(70_000);
            case 2, 3, 4 -> random.nextInt(20_000);
            case 5 -> 4096 * random.nextInt(1, 5) - 64 * random.nextInt(3);
            default -> random.nextInt(1000);
        };
    }

    private void flush() {
        log().flush();
        entries.forEach(entry -> entry.durable = true);
    }

    private void forget(long index) {
        log().forget(index);
        for (Entry entry : entries) {
            entry.forgotten |= entry.raftIndex >= index;
        }
        if (index <= lastIndex) {
            lastIndex = index - 1;
            if (random.nextInt(3) > 0) {
                term++; // else the same leader sends the same entries again
            }
        }
    }

    /** As the index does: only what is durable is applied, and the mark is durable at once. */
    private void apply() {
        long until = applied + random.nextLong(8);
        for (Entry entry : entries) {
            if (!entry.forgotten && entry.raftIndex > applied) {
                if (!entry.durable || entry.raftIndex > until) {
                    break;
                }
                appliedEnd = find(entry.term, entry.raftIndex).end();
                applied = entry.raftIndex;
            }
        }
        log().applied(applied);
    }

    private void readOne() {
        if (entries.isEmpty()) {
            return;
        }
        Entry entry = entries.get(random.nextInt(entries.size()));
        if (entry.deleted) {
            assertThatThrownBy(() -> log().read(entry.extent, 0, ByteBuffer.allocate(0)))
                    .isInstanceOfSatisfying(
                            StorageException.class, e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.GONE));
            return;
        }
        int offset = entry.payload.length == 0 ? 0 : random.nextInt(entry.payload.length);
        int length = random.nextInt(entry.payload.length - offset + 1);
        ByteBuffer target = ByteBuffer.allocate(length);
        log().read(entry.extent, offset, target);
        assertThat(target.flip()).isEqualTo(ByteBuffer.wrap(entry.payload, offset, length));
    }

    private void delete() {
        for (SegmentInfo info : log().segments()) {
            if (info.sealed() && info.file() < appliedEnd.file() && random.nextBoolean()) {
                log().delete(info.file());
                for (Entry entry : entries) {
                    entry.deleted |= entry.extent.file() == info.file();
                }
            }
        }
        awaitDeletions();
    }

    /** They run in the background; a run of a seed is only the same again when they do not meet the faults of later steps. */
    private void awaitDeletions() {
        List<String> there = log().segments().stream()
                .map(info -> SegmentName.of(info.file()))
                .toList();
        Awaitility.await()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .until(() -> disk.files().keySet().stream()
                        .allMatch(file -> there.contains(file.getFileName().toString())));
    }

    private void crash() {
        log().close();
        loseMemory();
        reopen();
    }

    /** A fault somewhere in a flush, which may have done any part of its work. */
    private void crashInFlush() {
        append();
        Operation operation = switch (random.nextInt(5)) {
            case 0 -> Operation.FORCE;
            case 1 -> Operation.CREATE;
            case 2 -> Operation.FORCE_DIRECTORY;
            default -> Operation.WRITE;
        };
        disk.failNth(operation, random.nextInt(1, 4));
        int before = failStops;
        try {
            flush();
            disk.heal();
        } catch (StorageException e) {
            assertThat(e.kind()).isEqualTo(StorageException.Kind.IO);
            assertThat(failStops).isEqualTo(before + 1);
            assertThatThrownBy(() -> log().flush())
                    .isInstanceOfSatisfying(
                            StorageException.class,
                            again -> assertThat(again.kind()).isEqualTo(StorageException.Kind.CLOSED));
            assertThat(failStops).isEqualTo(before + 1);
        }
        crash();
    }

    /** A fault while the log is opened, once or twice. */
    private void crashInRecovery() {
        append();
        log().close();
        loseMemory();
        for (int i = random.nextInt(1, 3); i > 0; i--) {
            disk.failNth(random.nextInt(1, 25));
            try {
                open().close();
            } catch (StorageException e) {
                assertThat(e.kind()).isEqualTo(StorageException.Kind.IO);
            }
            loseMemory();
        }
        reopen();
    }

    private void loseMemory() {
        switch (random.nextInt(3)) {
            case 0 -> disk.crash();
            case 1 -> disk.crashTorn(random);
            default -> disk.kill();
        }
        disk.heal();
    }

    private SegmentedShardLog open() {
        return ShardLogs.open(DIRECTORY, config, disk, (what, cause) -> failStops++, appliedEnd);
    }

    private void reopen() {
        SegmentedShardLog log = open();
        opened = log;
        awaitDeletions();
        List<Integer> files = log.segments().stream().map(SegmentInfo::file).toList();
        boolean lost = false;
        List<Entry> kept = new ArrayList<>();
        for (Entry entry : entries) {
            entry.deleted &= !files.contains(entry.extent.file()); // a deletion that had not begun
            if (entry.deleted || entry.raftIndex <= applied) {
                kept.add(entry);
                continue;
            }
            Frame found = log.find(entry.term, entry.raftIndex);
            boolean here = found != null && found.payload().equals(entry.extent);
            if (!here && !entry.durable) {
                lost |= found == null; // else it was sent twice, and another copy is here
                continue;
            }
            if (!here && entry.forgotten) {
                continue;
            }
            assertThat(here)
                    .as("durable frame %s/%s", entry.term, entry.raftIndex)
                    .isTrue();
            assertThat(lost && !entry.durable).as("a frame behind a lost one").isFalse();
            entry.durable = true;
            kept.add(entry);
        }
        entries.clear();
        entries.addAll(kept);
        assertNothingStandsBehindTheEnd(log);
        checkNothingInvalid();
        // The Raft log, too, has lost its end; what it has not is forgotten.
        lastIndex = kept.stream()
                .filter(entry -> !entry.forgotten)
                .mapToLong(entry -> entry.raftIndex)
                .max()
                .orElse(-1);
        lastIndex = Math.max(lastIndex, applied);
        term++;
        checkAll();
        if (random.nextBoolean()) {
            forget(lastIndex + 1);
        } else {
            appendNext();
        }
    }

    private void assertNothingStandsBehindTheEnd(SegmentedShardLog log) {
        LogPosition end = log.end();
        for (SegmentInfo info : log.segments()) {
            assertThat(info.file()).isLessThanOrEqualTo(end.file() + 1);
            if (info.file() >= end.file()) {
                new SegmentInspector(disk).inspect(DIRECTORY.resolve(SegmentName.of(info.file())), place -> {
                    boolean behind = info.file() > end.file() || place.position() >= end.position();
                    if (behind) {
                        assertThat(place.verdict())
                                .isIn(
                                        SegmentInspector.Verdict.FILE_HEADER,
                                        SegmentInspector.Verdict.PADDING,
                                        SegmentInspector.Verdict.FOOTER);
                    }
                });
            }
        }
    }

    /** Whatever was ever appended is found with its own bytes or not at all. */
    private void checkNothingInvalid() {
        payloads.forEach((key, payload) -> {
            Frame frame = log().find(key.term, key.raftIndex);
            if (frame != null) {
                assertThat(frame.payloadCrc()).isEqualTo(crc(payload));
                ByteBuffer target = ByteBuffer.allocate(payload.length);
                log().read(frame.payload(), 0, target);
                assertThat(target.array()).isEqualTo(payload);
            }
        });
    }

    private void checkAll() {
        for (Entry entry : entries) {
            if (entry.deleted) {
                continue;
            }
            ByteBuffer target = ByteBuffer.allocate(entry.payload.length);
            log().read(entry.extent, 0, target);
            assertThat(target.array()).isEqualTo(entry.payload);
            if (!entry.forgotten && entry.raftIndex > applied) {
                Frame frame = find(entry.term, entry.raftIndex);
                assertThat(frame.payload()).isEqualTo(entry.extent);
                assertThat(frame.payloadCrc()).isEqualTo(crc(entry.payload));
            } else if (entry.raftIndex <= applied) {
                assertThat(log().find(entry.term, entry.raftIndex)).isNull();
            }
        }
    }

    private Frame find(long ofTerm, long index) {
        return Objects.requireNonNull(log().find(ofTerm, index), () -> "no frame " + ofTerm + "/" + index);
    }

    private SegmentedShardLog log() {
        return Objects.requireNonNull(opened);
    }

    private static int crc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }
}
