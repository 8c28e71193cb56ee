package io.millrace.storage.log;

import static io.millrace.storage.file.FaultyFileOps.Operation.CREATE;
import static io.millrace.storage.file.FaultyFileOps.Operation.FORCE;
import static io.millrace.storage.file.FaultyFileOps.Operation.FORCE_DIRECTORY;
import static io.millrace.storage.file.FaultyFileOps.Operation.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.storage.Extent;
import io.millrace.storage.LogPosition;
import io.millrace.storage.ShardLog.Frame;
import io.millrace.storage.ShardLog.SegmentInfo;
import io.millrace.storage.StorageException;
import io.millrace.storage.StorageException.Kind;
import io.millrace.storage.file.FaultyFileOps;
import io.millrace.storage.file.FaultyFileOps.Event;
import io.millrace.storage.file.FaultyFileOps.Operation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the log does when the disk fails, fills up or hangs, and in which order it asks for things. */
class ShardLogFaultTest {
    private static final Path DIRECTORY = Path.of("/shard");
    private static final LogConfig CONFIG =
            new LogConfig(64 << 10, 8 << 10, 32 << 10, 4, Duration.ofSeconds(30), 16 << 10, Duration.ZERO);

    private final FaultyFileOps disk = new FaultyFileOps();
    private final List<Throwable> failStops = new ArrayList<>();
    private final SplittableRandom random = new SplittableRandom(7);

    @Test
    void writesThenForcesTheFileThenItsNameBeforeAFlushReturns() {
        try (var log = open()) {
            disk.clearEvents();
            append(log, 0, 100);
            assertThat(disk.events()).isEmpty();
            log.flush();
            assertThat(disk.events())
                    .extracting(Event::operation)
                    .containsExactly(CREATE, WRITE, FORCE, FORCE_DIRECTORY);
            disk.clearEvents();
            append(log, 1, 100);
            log.flush();
            assertThat(disk.events()).extracting(Event::operation).containsExactly(WRITE, FORCE);
            disk.clearEvents();
            log.flush();
            assertThat(disk.events()).as("nothing to flush").isEmpty();
        }
    }

    @Test
    void forcesAFileForTheLastTimeBeforeItMakesTheNext() {
        try (var log = open()) {
            disk.clearEvents();
            for (int index = 0; index < 10; index++) {
                append(log, index, 20_000);
            }
            log.flush();
            assertThat(disk.count(CREATE)).isEqualTo(5);
            List<Event> events = disk.events();
            for (int i = 0; i < events.size(); i++) {
                if (events.get(i).operation() == CREATE && i > 0) {
                    assertThat(events.get(i - 2).operation()).isEqualTo(FORCE);
                    assertThat(events.get(i - 1).operation()).isEqualTo(FORCE_DIRECTORY);
                }
            }
            assertThat(events.get(events.size() - 2).operation()).isEqualTo(FORCE);
            assertThat(events.get(events.size() - 1).operation()).isEqualTo(FORCE_DIRECTORY);
        }
    }

    @Test
    void survivesAnErrorInAnyOfTheFirstOperations() {
        int failedOpens = 0;
        int failedFlushes = 0;
        int untouched = 0;
        for (int n = 1; untouched == 0; n++) {
            FaultyFileOps faulty = new FaultyFileOps();
            List<Throwable> stops = new ArrayList<>();
            List<byte[]> acknowledged = new ArrayList<>();
            faulty.failNth(n);
            try (var log =
                    ShardLogs.open(DIRECTORY, CONFIG, faulty, (what, cause) -> stops.add(cause), LogPosition.START)) {
                List<byte[]> appended = new ArrayList<>();
                for (int index = 0; index < 24; index++) {
                    appended.add(append(log, index, 9_000));
                    if (index % 3 == 2) {
                        log.flush();
                        acknowledged.addAll(appended);
                        appended.clear();
                    }
                }
                untouched++;
            } catch (StorageException e) {
                assertThat(e.kind()).isEqualTo(Kind.IO);
                if (faulty.count(WRITE) + faulty.count(CREATE) == 0) {
                    failedOpens++;
                    assertThat(stops).isEmpty();
                } else {
                    failedFlushes++;
                    assertThat(stops).hasSize(1);
                }
            }
            faulty.crashTorn(random);
            try (var log =
                    ShardLogs.open(DIRECTORY, CONFIG, faulty, (what, cause) -> stops.add(cause), LogPosition.START)) {
                for (int index = 0; index < acknowledged.size(); index++) {
                    assertThat(read(log, index)).isEqualTo(acknowledged.get(index));
                }
            }
        }
        assertThat(failedOpens).isEqualTo(2); // list, force of the directory
        assertThat(failedFlushes).isGreaterThan(20);
    }

    @ParameterizedTest
    @EnumSource(names = {"CREATE", "WRITE", "FORCE", "FORCE_DIRECTORY"})
    void stopsOnceAndForAllWhenAnOperationOfAFlushFails(Operation operation) {
        var log = open();
        Extent extent = append(log, 0, new byte[100]);
        disk.failNth(operation, 1);
        assertThatThrownBy(log::flush)
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.IO));
        assertThat(failStops).hasSize(1);
        int asked = disk.events().size();
        assertClosed(log::flush);
        assertClosed(() -> append(log, 1, 10));
        assertClosed(() -> log.find(1, 0));
        assertClosed(() -> log.read(extent, 0, ByteBuffer.allocate(1)));
        assertClosed(() -> log.forget(0));
        assertClosed(log::segments);
        log.close();
        assertThat(disk.events()).as("nothing is tried again").hasSize(asked);
        assertThat(failStops).hasSize(1);
    }

    @Test
    void saysFullWhenTheDiskIsFull() {
        var log = open();
        disk.limitSpace(20_000);
        assertThat(log.usableBytes()).isEqualTo(20_000);
        append(log, 0, 30_000);
        assertThatThrownBy(log::flush)
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.FULL));
        assertThat(failStops).hasSize(1);
        log.close();
    }

    @Test
    void stopsWhenAForceHangsAndItsLateSuccessDoesNotCount() throws Exception {
        var log = open();
        append(log, 0, 100);
        var hang = disk.hangNth(FORCE, 1);
        var flush = CompletableFuture.runAsync(log::flush);
        assertThat(hang.reached().await(10, TimeUnit.SECONDS)).isTrue();
        long second = 1_000_000_000;
        assertThat(log.watch(5 * second)).isZero();
        assertThat(log.watch(15 * second)).isEqualTo(10 * second);
        assertThat(log.watch(35 * second)).isEqualTo(30 * second);
        assertThat(failStops).isEmpty();
        assertThat(log.watch(36 * second)).isEqualTo(31 * second);
        assertThat(failStops).hasSize(1);
        assertThat(log.watch(40 * second)).isZero();
        hang.release();
        assertThat(flush)
                .failsWithin(Duration.ofSeconds(10))
                .withThrowableThat()
                .havingRootCause()
                .withMessageContaining("force");
        assertThat(failStops).hasSize(1);
        assertClosed(log::flush);
        log.close();
    }

    @Test
    void doesNotTakeManyShortOperationsForALongOne() {
        var log = open();
        long second = 1_000_000_000;
        for (int i = 0; i < 100; i++) {
            append(log, i, 10);
            log.flush();
            assertThat(log.watch(i * second)).isZero();
        }
        assertThat(failStops).isEmpty();
        log.close();
    }

    @Test
    void appendsWhileAFlushHangs() throws Exception {
        var log = open();
        append(log, 0, 100);
        var hang = disk.hangNth(WRITE, 1);
        var flush = CompletableFuture.runAsync(log::flush);
        assertThat(hang.reached().await(10, TimeUnit.SECONDS)).isTrue();
        for (int index = 1; index < 20; index++) {
            byte[] payload = append(log, index, 15_000); // more than the tail holds in its bound
            assertThat(read(log, index)).isEqualTo(payload);
        }
        hang.release();
        assertThat(flush).succeedsWithin(Duration.ofSeconds(10));
        log.flush();
        log.close();
        disk.crash();
        try (var again = open()) {
            assertThat(again.recovery().frames()).isEqualTo(20);
        }
    }

    @Test
    void finishesDeletionsThatAStopHasCutShort() {
        for (int n = 1; n <= 12; n++) {
            FaultyFileOps faulty = new FaultyFileOps();
            LogPosition end;
            try (var log = ShardLogs.open(DIRECTORY, CONFIG, faulty, this::failed, LogPosition.START)) {
                for (int index = 0; index < 12; index++) {
                    append(log, index, 20_000);
                }
                log.flush();
                log.applied(11);
                end = log.end();
                faulty.failNth(n);
                log.delete(0);
                log.delete(1);
            }
            faulty.crashTorn(random);
            try (var log = ShardLogs.open(DIRECTORY, CONFIG, faulty, this::failed, end)) {
                for (SegmentInfo info : log.segments()) {
                    if (info.file() < 2) {
                        log.delete(info.file()); // as the cleaner does: no live byte is in it
                    }
                }
                Awaitility.await()
                        .pollInterval(Duration.ofMillis(1))
                        .until(() -> faulty.files().keySet().stream()
                                .allMatch(file -> file.toString().compareTo("/shard/0000000002.seg") >= 0));
                assertThat(faulty.files()).hasSize(log.segments().size());
            }
        }
        assertThat(failStops).isEmpty();
    }

    @Test
    void refusesALogThatMissesFiles() {
        LogPosition end;
        try (var log = open()) {
            for (int index = 0; index < 12; index++) {
                append(log, index, 20_000);
            }
            log.flush();
            end = log.end();
        }
        disk.kill();
        Path second = DIRECTORY.resolve(SegmentName.of(1));
        byte[] bytes = disk.bytes(second);
        remove(second);
        assertCorrupt(LogPosition.START, Set.of());
        assertCorrupt(end, Set.of(1));
        open(end, Set.of(0, 2)).close();
        disk.put(second, bytes);
        Path last = DIRECTORY.resolve(SegmentName.of(end.file()));
        byte[] lastBytes = disk.bytes(last);
        remove(last);
        assertCorrupt(end, Set.of());
        disk.put(last, lastBytes);
        open(end, Set.of(0, 1, 2)).close();
    }

    @Test
    void goesOnInANewFileWhereAppliedFramesWereCutOff() {
        LogPosition end;
        Extent kept;
        Extent lost;
        try (var log = open()) {
            kept = append(log, 0, new byte[5_000]);
            log.flush();
            lost = append(log, 1, new byte[5_000]);
            log.flush();
            end = log.end();
        }
        disk.kill();
        Path file = DIRECTORY.resolve(SegmentName.of(0));
        disk.put(file, Arrays.copyOf(disk.bytes(file), end.position() - 4_096));

        for (int start = 0; start < 2; start++) {
            try (var log = open(end, Set.of(0))) {
                assertThat(log.damaged()).isTrue();
                log.read(kept, 0, ByteBuffer.allocate(kept.length()));
                assertThatThrownBy(() -> log.read(lost, 0, ByteBuffer.allocate(lost.length())))
                        .isInstanceOfSatisfying(
                                StorageException.class,
                                e -> assertThat(e.kind()).isEqualTo(Kind.CORRUPT));
                Extent fresh = append(log, 2 + start, new byte[5_000]);
                assertThat(fresh.file())
                        .as("nothing is written behind the damage")
                        .isPositive();
                log.flush();
                log.read(fresh, 0, ByteBuffer.allocate(fresh.length()));
            }
            disk.kill();
        }
    }

    private void remove(Path file) {
        try {
            disk.delete(file);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void assertCorrupt(LogPosition appliedEnd, Set<Integer> liveFiles) {
        assertThatThrownBy(() -> open(appliedEnd, liveFiles))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CORRUPT));
    }

    private static void assertClosed(Runnable call) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CLOSED));
    }

    private void failed(String what, Throwable cause) {
        failStops.add(cause);
    }

    private SegmentedShardLog open() {
        return open(LogPosition.START, Set.of());
    }

    private SegmentedShardLog open(LogPosition appliedEnd, Set<Integer> liveFiles) {
        return ShardLogs.open(DIRECTORY, CONFIG, disk, this::failed, appliedEnd, liveFiles);
    }

    private byte[] append(SegmentedShardLog log, long index, int bytes) {
        byte[] payload = new byte[bytes];
        random.nextBytes(payload);
        Extent unused = append(log, index, payload);
        return payload;
    }

    private static Extent append(SegmentedShardLog log, long index, byte[] payload) {
        CRC32C crc = new CRC32C();
        crc.update(payload);
        return log.append(1, index, (int) crc.getValue(), List.of(ByteBuffer.wrap(payload)));
    }

    private static byte[] read(SegmentedShardLog log, long index) {
        Frame frame = Objects.requireNonNull(log.find(1, index));
        ByteBuffer target = ByteBuffer.allocate(frame.payload().length());
        log.read(frame.payload(), 0, target);
        return target.array();
    }
}
