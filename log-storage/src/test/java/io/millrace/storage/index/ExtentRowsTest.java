package io.millrace.storage.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.storage.Extent;
import io.millrace.storage.Family;
import io.millrace.storage.ShardLog;
import io.millrace.storage.StorageException;
import io.millrace.storage.StorageException.Kind;
import io.millrace.storage.index.ExtentRows.Dropped;
import io.millrace.testing.Seeds;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ExtentRowsTest {
    private static final int PARTITION = 7;

    private final MemoryRows rows = new MemoryRows();

    @Seeds(30)
    void findsExtentsAsAListDoes(long seed) {
        RandomGenerator random = new SplittableRandom(seed);
        List<ExtentRow> model = fill(random, PARTITION, random.nextInt(40));
        fill(random, PARTITION - 1, 5);
        fill(random, PARTITION + 1, 5);
        long end = model.isEmpty() ? 10 : model.get(model.size() - 1).lastOffset() + 5;
        for (int i = 0; i < 40; i++) {
            long offset = random.nextLong(end);
            assertThat(ExtentRows.locate(rows, PARTITION, offset)).isEqualTo(first(model, offset));
            List<ExtentRow> scanned = new ArrayList<>();
            ExtentRows.scan(rows, PARTITION, offset, scanned::add);
            assertThat(scanned)
                    .isEqualTo(
                            model.stream().filter(e -> e.lastOffset() >= offset).toList());
            long upTo = random.nextLong(end);
            long time = random.nextLong(1200) - 100;
            assertThat(ExtentRows.atTime(rows, PARTITION, offset, upTo, time))
                    .isEqualTo(model.stream()
                            .filter(e -> e.lastOffset() >= offset && e.baseOffset() < upTo && e.maxTimestamp() >= time)
                            .findFirst()
                            .filter(e -> offset < upTo)
                            .orElse(null));
        }
        assertThat(ExtentRows.last(rows, PARTITION)).isEqualTo(model.isEmpty() ? null : model.get(model.size() - 1));
        assertThat(ExtentRows.locate(rows, PARTITION, Long.MAX_VALUE)).isNull();
    }

    @Seeds(30)
    void keepsLiveBytesOfFilesWhileExtentsAreDropped(long seed) {
        RandomGenerator random = new SplittableRandom(seed);
        List<ExtentRow> model = new ArrayList<>(fill(random, PARTITION, random.nextInt(40)));
        List<ExtentRow> others = fill(random, PARTITION + 1, 10);
        while (true) {
            boolean all = random.nextInt(5) == 0;
            long below = all ? Long.MAX_VALUE : random.nextLong(400);
            int limit = 1 + random.nextInt(10);
            Dropped dropped =
                    all ? ExtentRows.drop(rows, PARTITION, limit) : ExtentRows.dropBelow(rows, PARTITION, below, limit);
            List<ExtentRow> expected = model.stream()
                    .filter(extent -> extent.lastOffset() < below)
                    .limit(limit)
                    .toList();
            model.removeAll(expected);
            assertThat(dropped)
                    .isEqualTo(new Dropped(
                            expected.size(),
                            expected.stream().mapToLong(ExtentRow::records).sum(),
                            expected.stream().mapToLong(ExtentRow::liveBytes).sum(),
                            model.stream().noneMatch(extent -> extent.lastOffset() < below)));
            for (FileRow file : FileRows.all(rows)) {
                assertThat(file.liveBytes()).isEqualTo(bytesIn(model, file.file()) + bytesIn(others, file.file()));
            }
            if (model.isEmpty()) {
                break;
            }
        }
        List<ExtentRow> left = new ArrayList<>();
        ExtentRows.scan(rows, PARTITION + 1, 0, left::add);
        assertThat(left).isEqualTo(others);
        assertThat(ExtentRows.drop(rows, PARTITION, 1)).isEqualTo(new Dropped(0, 0, 0, true));
    }

    @Test
    void remembersTheHighestIndexOfAFile() {
        ExtentRows.put(rows, extent(0, 9, 3, 0, 5), 12);
        FileRows.touch(rows, 3, 14);
        FileRows.touch(rows, 3, 13);
        FileRows.touch(rows, 4, 15);
        assertThat(FileRows.all(rows)).containsExactly(new FileRow(3, 100, 14), new FileRow(4, 0, 15));
    }

    @Test
    void refusesToLoseMoreBytesThanAreLive() {
        rows.put(
                Family.EXTENTS,
                extent(0, 9, 3, 0, 5).key(),
                extent(0, 9, 3, 0, 5).value());
        assertThatThrownBy(() -> ExtentRows.drop(rows, PARTITION, 1)).isInstanceOf(IllegalStateException.class);
    }

    @Seeds(50)
    void readsBackWhatItWrites(long seed) {
        RandomGenerator random = new SplittableRandom(seed);
        long base = number(random, 63);
        int position = (int) number(random, 30);
        ExtentRow row = new ExtentRow(
                random.nextInt(),
                base,
                base + Math.min(number(random, 63), Long.MAX_VALUE - base),
                (int) number(random, 31),
                position,
                1 + (int) number(random, 29),
                (int) number(random, 28),
                1 + (int) number(random, 20),
                (int) number(random, 31),
                random.nextLong() >> random.nextInt(64));
        assertThat(ExtentRow.of(row.key(), row.value())).isEqualTo(row);
        FileRow file = new FileRow((int) number(random, 31), number(random, 63), number(random, 62) - 1);
        assertThat(FileRow.of(file.key(), file.value())).isEqualTo(file);
    }

    @Seeds(50)
    void answersDamageWithCorruptOrNewerFormat(long seed) {
        RandomGenerator random = new SplittableRandom(seed);
        byte[] value = extent(5, 9, 3, 1 << 20, 1_700_000_000_000L).value();
        byte[] damaged = Arrays.copyOf(value, random.nextInt(value.length + 3));
        if (damaged.length > 0) {
            damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
        }
        try {
            ExtentRow row = ExtentRow.of(ExtentRow.key(PARTITION, 5), damaged);
            assertThat(row.value()).hasSizeLessThanOrEqualTo(damaged.length); // another row, but a row
        } catch (StorageException e) {
            assertThat(e.kind()).isIn(Kind.CORRUPT, Kind.NEWER_FORMAT);
        }
    }

    @Test
    void refusesRowsThatCannotBe() {
        byte[] value = extent(0, 9, 3, 0, 5).value();
        assertKind(Kind.CORRUPT, () -> ExtentRow.of(new byte[11], value));
        assertKind(Kind.CORRUPT, () -> ExtentRow.of(ExtentRow.key(1, -1), value));
        assertKind(Kind.CORRUPT, () -> ExtentRow.of(ExtentRow.key(1, Long.MAX_VALUE), value));
        assertKind(Kind.CORRUPT, () -> ExtentRow.of(ExtentRow.key(1, 1), new byte[] {0}));
        assertKind(Kind.NEWER_FORMAT, () -> ExtentRow.of(ExtentRow.key(1, 1), new byte[] {2}));
        assertKind(Kind.CORRUPT, () -> FileRow.of(new byte[] {-1, 0, 0, 0}, new byte[] {1, 0, 0}));
        assertKind(Kind.CORRUPT, () -> FileRow.of(new byte[4], new byte[] {1, 0, 0, 0}));
        assertKind(Kind.CORRUPT, () -> FileRow.of(new byte[4], new byte[] {2, 0, 0, 9})); // no file of moved extents
        assertKind(Kind.CORRUPT, () -> FileRow.of(new byte[] {0x40, 0, 0, 0}, new byte[] {1, 0, 0}));
        assertKind(Kind.CORRUPT, () -> FileRow.of(new byte[] {0x40, 0, 0, 0}, new byte[] {2, 9, 0, 5}));
        assertKind(Kind.NEWER_FORMAT, () -> FileRow.of(new byte[4], new byte[] {3, 0, 0}));
    }

    @Test
    void ordersKeysByPartitionAndOffset() {
        List<byte[]> keys = List.of(
                ExtentRow.key(0, 0),
                ExtentRow.key(0, 255),
                ExtentRow.key(0, 256),
                ExtentRow.key(0, Long.MAX_VALUE),
                ExtentRow.key(1, 0),
                ExtentRow.key(Integer.MAX_VALUE, 5),
                ExtentRow.key(-1, 5));
        assertThat(keys).isSortedAccordingTo(Arrays::compareUnsigned);
    }

    /** Lines of the golden file: key and value in hex, and what they say. Formats that were once written stay readable. */
    @Test
    void readsAndWritesTheGoldenRows() throws IOException {
        List<String> now = new ArrayList<>();
        for (ExtentRow row : List.of(
                new ExtentRow(1, 0, 0, 0, 64, 1, 0, 1, 0, -1),
                new ExtentRow(0x01020304, 1000, 1499, 17, 123456, 65536, 0, 1, 500, 1_767_225_600_000L),
                new ExtentRow(-1, 1L << 40, (1L << 40) + (1L << 20), 99, 1 << 28, 4 << 20, 12345, 20, 1 << 20, 0))) {
            now.add("extent " + hex(row.key()) + " " + hex(row.value()) + " " + row);
            assertThat(ExtentRow.of(row.key(), row.value())).isEqualTo(row);
        }
        for (FileRow row : List.of(
                new FileRow(0, 0, -1),
                new FileRow(258, 268435456, 1_000_000),
                new FileRow(ShardLog.FIRST_MOVED_FILE + 1, 300, 1_000_000, 70_000))) {
            now.add("file " + hex(row.key()) + " " + hex(row.value()) + " " + row);
            assertThat(FileRow.of(row.key(), row.value())).isEqualTo(row);
        }
        now.add("mark " + hex(MetaRows.mark(PartitionIndexContract.mark(300))) + " "
                + PartitionIndexContract.mark(300));
        assertThat(MetaRows.mark(MetaRows.mark(PartitionIndexContract.mark(300))))
                .isEqualTo(PartitionIndexContract.mark(300));
        assertThat(now).isEqualTo(golden("/golden/v1/index-rows.txt"));
    }

    private static List<String> golden(String resource) throws IOException {
        InputStream in = Objects.requireNonNull(ExtentRowsTest.class.getResourceAsStream(resource), resource);
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            return lines.lines().toList();
        }
    }

    /** Rising extents with holes between them. */
    private List<ExtentRow> fill(RandomGenerator random, int partition, int count) {
        List<ExtentRow> filled = new ArrayList<>();
        long offset = random.nextInt(20);
        long time = 0;
        for (int i = 0; i < count; i++) {
            offset += random.nextInt(3) == 0 ? random.nextInt(30) : 0;
            long last = offset + random.nextInt(10);
            time += random.nextInt(3) == 0 ? random.nextInt(100) : 0;
            ExtentRow row = new ExtentRow(
                    partition, offset, last, i / 10, 64 + i * 100, 100, random.nextInt(2) * 8, 1, 3, time);
            ExtentRows.put(rows, row, i);
            filled.add(row);
            offset = last + 1;
        }
        return filled;
    }

    private static ExtentRow extent(long base, long last, int file, int position, long time) {
        return ExtentRow.ofBatch(PARTITION, base, last, new Extent(file, position, 100), 0, 10, time);
    }

    private static @Nullable ExtentRow first(List<ExtentRow> model, long offset) {
        return model.stream().filter(e -> e.lastOffset() >= offset).findFirst().orElse(null);
    }

    private static long bytesIn(List<ExtentRow> extents, int file) {
        return extents.stream()
                .filter(extent -> extent.file() == file)
                .mapToLong(ExtentRow::liveBytes)
                .sum();
    }

    /** Of any magnitude up to so many bits. */
    private static long number(RandomGenerator random, int bits) {
        return random.nextLong() >>> (64 - random.nextInt(bits) - 1) >>> (random.nextInt(2));
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static void assertKind(Kind kind, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(kind));
    }
}
