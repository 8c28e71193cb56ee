package io.millrace.replication.ratis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.storage.AppliedMark;
import io.millrace.storage.LogPosition;
import io.millrace.storage.StorageException;
import io.millrace.storage.StorageException.Kind;
import io.millrace.testing.Seeds;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damages a log that Ratis wrote: two terms of five entries each, in two segments. */
class RaftLogRecoveryTest {
    private static final int ENTRIES = 5;

    @TempDir
    static Path written;

    @TempDir
    Path directory;

    private Path segments = Path.of("");
    private Path closed = Path.of("");
    private Path newest = Path.of("");

    @BeforeAll
    static void write() throws Exception {
        for (int run = 0; run < 2; run++) {
            try (TestShard shard = TestShard.open(written)) {
                for (int i = 0; i < ENTRIES; i++) {
                    var unused = shard.propose("e" + (run * ENTRIES + i), 100).get(20, TimeUnit.SECONDS);
                }
            }
        }
    }

    @BeforeEach
    void copy() throws Exception {
        try (Stream<Path> all = Files.walk(written)) {
            for (Path each : (Iterable<Path>) all::iterator) {
                Path target = directory.resolve(written.relativize(each));
                if (Files.isDirectory(each)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(each, target);
                }
            }
        }
        segments = TestShard.segments(directory);
        try (Stream<Path> files = Files.list(segments)) {
            List<Path> logs = files.filter(file -> RaftLogFile.name(file) != null)
                    .sorted()
                    .toList();
            closed = logs.get(0);
            newest = logs.get(1);
        }
    }

    private RaftLogFile read(Path path) throws IOException {
        RaftLogFile.Name name = RaftLogFile.name(path);
        if (name == null) {
            throw new AssertionError(path);
        }
        return RaftLogFile.read(name);
    }

    private RaftLogRecovery.Recovered recover(AppliedMark applied) {
        try (FileShardLog shardLog = FileShardLog.open(directory.resolve("frames"))) {
            return new RaftLogRecovery("shard/0", segments, shardLog, applied).run();
        }
    }

    private void assertRestartsWith(int entries) throws Exception {
        try (TestShard shard = TestShard.open(directory)) {
            assertThat(shard.applied())
                    .isEqualTo(
                            IntStream.range(0, entries).mapToObj(i -> "e" + i).toList());
            var unused = shard.propose("next", 100).get(20, TimeUnit.SECONDS);
            assertThat(shard.applied()).hasSize(entries + 1).last().isEqualTo("next");
        }
    }

    private static void overwrite(Path file, long position, byte... bytes) throws IOException {
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.seek(position);
            out.write(bytes);
        }
    }

    private void assertQuarantined(AppliedMark applied, String why) {
        assertThatThrownBy(() -> recover(applied)).isInstanceOfSatisfying(StorageException.class, e -> {
            assertThat(e.kind()).isEqualTo(Kind.CORRUPT);
            assertThat(e).hasMessageContaining(why);
        });
    }

    @Test
    void changesNothingInAWholeLog() throws Exception {
        RaftLogFile before = read(newest);
        assertThat(recover(AppliedMark.NONE)).isEqualTo(new RaftLogRecovery.Recovered(before.lastValid(), 0, 0));
        assertThat(read(newest).entries()).isEqualTo(before.entries());
    }

    @Seeds(12)
    void cutsATornLastHeader(long seed) throws Exception {
        RaftLogFile before = read(newest);
        int last = before.entries().get(before.entries().size() - 1).position();
        SplittableRandom random = new SplittableRandom(seed);
        long cut = random.nextInt(last + 1, before.validBytes());
        if (random.nextBoolean()) {
            try (RandomAccessFile out = new RandomAccessFile(newest.toFile(), "rw")) {
                out.setLength(cut);
            }
        } else {
            overwrite(newest, cut, new byte[before.validBytes() - (int) cut]);
        }
        RaftLogRecovery.Recovered recovered = recover(AppliedMark.NONE);
        assertThat(recovered.last()).isEqualTo(before.lastValid() - 1);
        assertThat(recovered.tornBytes()).isPositive();
        assertThat(read(newest).damage()).isEqualTo(RaftLogFile.Damage.NONE);
    }

    @Test
    void quarantinesWhenAValidHeaderFollowsADamagedOne() throws Exception {
        int position = read(newest).entries().get(2).position();
        overwrite(newest, position + 9, (byte) 0xff);
        assertQuarantined(AppliedMark.NONE, "is damaged behind entry");
    }

    @Test
    void quarantinesWhenAClosedSegmentIsDamagedOrMissing() throws Exception {
        int position = read(closed).entries().get(2).position();
        byte[] whole = Files.readAllBytes(closed);
        overwrite(closed, position + 9, (byte) 0xff);
        assertQuarantined(AppliedMark.NONE, "is damaged behind entry 1");
        Files.write(closed, Arrays.copyOf(whole, position));
        assertQuarantined(AppliedMark.NONE, "ends at entry 1");
        Files.delete(closed);
        assertQuarantined(AppliedMark.NONE, "the Raft log begins at entry");
    }

    @Test
    void quarantinesWhenTheLogEndsBeforeTheAppliedIndexOrItsTermIsUnknown() throws Exception {
        assertQuarantined(new AppliedMark(2, 99, LogPosition.START), "before the applied one");
        Files.writeString(segments.resolve("raft-meta"), "term=1\nvotedFor=b1-1\n");
        assertQuarantined(AppliedMark.NONE, "knows term 1");
    }

    @Test
    void doesNotReadWhatIsApplied() throws Exception {
        int position = read(closed).entries().get(2).position();
        overwrite(closed, position + 9, (byte) 0xff);
        long applied = read(closed).last();
        assertThat(recover(new AppliedMark(1, applied, LogPosition.START)).entriesCut())
                .isZero();
    }

    @Seeds(2 * ENTRIES)
    void cutsTheLogWhereAPayloadIsMissing(long seed) throws Exception {
        int lost = (int) Long.remainderUnsigned(seed, 2 * ENTRIES);
        loseFramesFrom(lost);
        RaftLogRecovery.Recovered recovered = recover(AppliedMark.NONE);
        assertThat(recovered.entriesCut()).isPositive();
        int kept = 0;
        try (Stream<Path> files = Files.list(segments)) {
            for (Path file : (Iterable<Path>) files.filter(each -> RaftLogFile.name(each) != null)::iterator) {
                kept += (int) read(file).entries().stream()
                        .filter(entry -> entry.proto().hasStateMachineLogEntry())
                        .count();
            }
        }
        assertThat(kept).isEqualTo(lost);
        assertThat(recover(AppliedMark.NONE)).isEqualTo(new RaftLogRecovery.Recovered(recovered.last(), 0, 0));
    }

    @Test
    void cutsTheLogWhereAPayloadIsDamaged() throws Exception {
        Path frames = directory.resolve("frames");
        overwrite(frames, Files.size(frames) - 1, (byte) 0x55, (byte) 0x55);
        assertRestartsWith(2 * ENTRIES - 1);
    }

    /** Each frame has a header of 24 bytes and a payload of 100. */
    private void loseFramesFrom(int entry) throws IOException {
        try (RandomAccessFile out =
                new RandomAccessFile(directory.resolve("frames").toFile(), "rw")) {
            out.setLength(entry * 124L + 60);
        }
    }

    @Test
    void forgetsPayloadsWhoseHeaderIsMissing() throws Exception {
        RaftLogFile before = read(newest);
        int last = before.entries().get(before.entries().size() - 1).position();
        try (RandomAccessFile out = new RandomAccessFile(newest.toFile(), "rw")) {
            out.setLength(last);
        }
        assertRestartsWith(2 * ENTRIES - 1);
    }

    @Test
    void givesASegmentItsNameBackWhenTheRenameWasLost() throws Exception {
        Files.move(closed, RaftLogFile.openPath(segments, 0));
        assertThat(recover(AppliedMark.NONE).entriesCut()).isZero();
        assertThat(closed).exists();
    }

    @Test
    void acceptsASegmentWithoutEntries() throws Exception {
        Files.move(
                newest,
                RaftLogFile.closedPath(
                        segments, read(newest).first(), read(newest).lastValid()));
        Path empty = RaftLogFile.openPath(segments, read(segmentFrom(6)).lastValid() + 1);
        Files.write(empty, new byte[] {'R', 'a', 'f', 't'});
        assertRestartsWith(2 * ENTRIES);
    }

    private Path segmentFrom(long first) throws IOException {
        try (Stream<Path> files = Files.list(segments)) {
            return files.filter(file -> {
                        RaftLogFile.Name name = RaftLogFile.name(file);
                        return name != null && name.first() == first;
                    })
                    .findFirst()
                    .orElseThrow();
        }
    }
}
