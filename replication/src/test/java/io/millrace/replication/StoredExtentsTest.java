package io.millrace.replication;

import static io.millrace.replication.ShardRig.P0;
import static io.millrace.replication.ShardRig.P1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.error.ErrorCode;
import io.millrace.error.FaultException;
import io.millrace.replication.state.Partition;
import io.millrace.storage.index.ExtentRow;
import io.millrace.testing.Seeds;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two replicas with the same records, and a disk that rots under one of them. */
class StoredExtentsTest {
    private static final ScanVisitor ALL = bytes -> true;

    @TempDir
    Path directory;

    private ShardRig rig(String name) {
        return new ShardRig(directory.resolve(name)).withPartitions(P0, P1);
    }

    /** Entries of one batch each, so that both replicas have the same extents. */
    private static void fill(ShardRig rig, SplittableRandom random) {
        for (int i = 0; i < 60; i++) {
            rig.appended(
                    random.nextBoolean() ? P0 : P1,
                    TestBatches.plain("value-" + i, "x".repeat(random.nextInt(1, 20_000))));
        }
    }

    private static List<ExtentRow> rows(ShardRig rig) {
        List<ExtentRow> rows = new java.util.ArrayList<>();
        for (Partition each : rig.shard.stored().partitions()) {
            rig.shard.stored().scan(each, new ScanVisitor() {
                @Override
                public boolean wants(ExtentRow extent) {
                    rows.add(extent);
                    return true;
                }

                @Override
                public boolean next(int bytes) {
                    return true;
                }
            });
        }
        return rows;
    }

    private void flip(String name, int file, long position, int bit) {
        Path path = directory.resolve(name).resolve(String.format("%010d.seg", file));
        try (RandomAccessFile open = new RandomAccessFile(path.toFile(), "rw")) {
            open.seek(position);
            int old = open.read();
            open.seek(position);
            open.write(old ^ (1 << bit));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void assertSound(ShardRig rig) {
        for (Partition each : rig.shard.stored().partitions()) {
            Scanned scanned = rig.shard.stored().scan(each, ALL);
            assertThat(scanned.isWhole()).as("%s", each.id()).isTrue();
            assertThat(scanned.checksum()).as("%s", each.id()).isEqualTo(each.checksum());
        }
    }

    @Seeds(8)
    void findsEachFlippedBitAndRepairsItFromAnother(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        String name = "rotten-" + seed;
        try (ShardRig sound = rig("sound-" + seed);
                ShardRig rotten = rig(name)) {
            fill(sound, new SplittableRandom(seed));
            fill(rotten, new SplittableRandom(seed));
            assertSound(sound);
            assertSound(rotten);
            assertThat(rotten.shard.stored().partitions())
                    .isEqualTo(sound.shard.stored().partitions());

            List<ExtentRow> rows = rows(rotten);
            Map<Long, ExtentRow> hit = new LinkedHashMap<>();
            for (int i = 0; i < 5; i++) {
                ExtentRow row = rows.get(random.nextInt(rows.size()));
                if (hit.putIfAbsent(row.partition() * 1_000_000L + row.baseOffset(), row) == null) {
                    flip(name, row.file(), row.position() + random.nextLong(row.length()), random.nextInt(8));
                }
            }
            int damaged = 0;
            for (Partition each : rotten.shard.stored().partitions()) {
                damaged += rotten.shard.stored().scan(each, ALL).damaged();
            }
            assertThat(damaged).isEqualTo(hit.size());
            assertThat(rotten.shard.stored().damaged())
                    .extracting(DamagedExtent::row)
                    .containsExactlyInAnyOrderElementsOf(hit.values());

            assertThat(repair(rotten, sound)).isEqualTo(hit.size());
            assertSound(rotten);
            assertThat(rotten.shard.stored().damagedCount()).isZero();
            assertThat(rotten.shard.stored().repairedSinceStart()).isEqualTo(hit.size());
            assertThat(rotten.shard.stored().repairedLast()).hasSize(hit.size());
            assertThat(rotten.values(P0)).isEqualTo(sound.values(P0));
        }
    }

    private static int repair(ShardRig damaged, ShardRig other) {
        Map<DamagedExtent, ByteBuffer> fetched = new LinkedHashMap<>();
        for (DamagedExtent each : damaged.shard.stored().damagedStill()) {
            ByteBuffer bytes = bytes(other, each.row());
            assertThat(damaged.shard.stored().fits(each, bytes)).isTrue();
            fetched.put(each, bytes);
        }
        return damaged.shard.stored().refill(fetched);
    }

    private static ByteBuffer bytes(ShardRig rig, ExtentRow row) {
        return rig.shard.stored().bytes(row.partition(), row.baseOffset(), row.lastOffset(), row.length());
    }

    private static ExtentRow damageFirst(StoredExtentsTest test, ShardRig rig, String name) {
        ExtentRow row = rows(rig).get(0);
        test.flip(name, row.file(), row.position() + row.length() - 1L, 3);
        rig.shard.stored().scan(rig.shard.stored().partitions().get(0), ALL);
        assertThat(rig.shard.stored().damaged()).hasSize(1);
        return row;
    }

    @Test
    void refusesBytesThatDoNotFit() {
        try (ShardRig rig = rig("a");
                ShardRig other = rig("b")) {
            fill(rig, new SplittableRandom(1));
            fill(other, new SplittableRandom(1));
            ExtentRow row = damageFirst(this, rig, "a");
            DamagedExtent extent = rig.shard.stored().damaged().get(0);
            ByteBuffer right = bytes(other, row);
            assertThat(rig.shard.stored().fits(extent, right)).isTrue();
            assertThat(rig.shard.stored().fits(extent, right.slice(0, right.limit() - 1)))
                    .isFalse();
            right.put(70, (byte) (right.get(70) ^ 1));
            assertThat(rig.shard.stored().fits(extent, right)).isFalse();
            assertThat(rig.shard.stored().fits(extent, ByteBuffer.allocate(row.length())))
                    .isFalse();
            FaultException unknown = catchThrowableOfType(
                    FaultException.class,
                    () -> rig.shard.stored().bytes(row.partition(), row.baseOffset(), row.lastOffset() + 1, 100));
            assertThat(unknown.fault().code()).isEqualTo(ErrorCode.UNKNOWN_PARTITION);
        }
    }

    @Test
    void damageOfWhatIsDroppedIsForgotten() {
        try (ShardRig rig = rig("a")) {
            fill(rig, new SplittableRandom(1));
            damageFirst(this, rig, "a");
            rig.execute(new io.millrace.replication.state.ShardCommand.DropPartitions(ShardRig.TOPIC));
            assertThat(rig.shard.stored().damagedStill()).isEmpty();
            assertThat(rig.shard.stored().damagedCount()).isZero();
        }
    }

    @Test
    void aReadThatMeetsDamageWaitsForItsRepair() {
        try (ShardRig rig = rig("a");
                ShardRig other = rig("b")) {
            fill(rig, new SplittableRandom(2));
            fill(other, new SplittableRandom(2));
            // Beyond what the tail keeps in memory.
            for (int i = 0; i < 40; i++) {
                CompletableFuture<Appended> unused = rig.append(P1, TestBatches.plain("y".repeat(20_000)));
                ShardRig.get(unused);
            }
            ExtentRow row = damageFirst(this, rig, "a");
            FaultException corrupt = catchThrowableOfType(FaultException.class, () -> rig.shard.read(P0, 0, 1 << 20));
            assertThat(corrupt.fault().code()).isEqualTo(ErrorCode.CORRUPT);

            rig.shard.stored().repairWith(new StoredExtents.Repairer() {
                @Override
                public void found() {}

                @Override
                public boolean repair(DamagedExtent extent) {
                    return rig.shard.stored().refill(Map.of(extent, bytes(other, extent.row()))) == 1;
                }
            });
            assertThat(rig.shard.read(P0, 0, 1 << 20).nextOffset()).isGreaterThan(row.lastOffset());
            assertThat(rig.values(P0)).isEqualTo(other.values(P0));
        }
    }
}
