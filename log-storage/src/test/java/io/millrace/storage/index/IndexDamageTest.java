package io.millrace.storage.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.storage.AppliedMark;
import io.millrace.storage.Family;
import io.millrace.storage.PartitionIndex;
import io.millrace.storage.PartitionIndex.Transaction;
import io.millrace.storage.PartitionIndex.View;
import io.millrace.storage.StorageException;
import io.millrace.storage.StorageException.Kind;
import io.millrace.testing.Seeds;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/** Damaged, foreign and newer files, failing disks. */
class IndexDamageTest {
    private static final int APPLIES = 300;

    @TempDir
    private static Path shared;

    private static Path intact;
    private static List<String> rows;
    private static IndexMemory memory;

    @TempDir
    private Path directory;

    private final List<String> failures = new ArrayList<>();

    @BeforeAll
    static void write() {
        memory = IndexMemory.small();
        intact = shared.resolve("index");
        try (PartitionIndex index = PartitionIndexes.open(intact, IndexConfig.DEFAULT, memory, (what, cause) -> {})) {
            for (int number = 1; number <= APPLIES; number++) {
                NumberedApplies.commit(index, number);
                if (number % 150 == 0) {
                    index.flush();
                }
            }
        }
        rows = RandomRows.all(NumberedApplies.upTo(APPLIES));
    }

    @AfterAll
    static void closeMemory() {
        memory.close();
    }

    @Seeds(30)
    void answersDamageWithCorruptAndNeverWithAWrongRow(long seed) throws IOException {
        RandomGenerator random = new SplittableRandom(seed);
        Path place = copyOfIntact();
        List<Path> files = files(place);
        Path file = files.get(random.nextInt(files.size()));
        byte[] bytes = Files.readAllBytes(file);
        if (random.nextInt(3) == 0) {
            Files.write(file, Arrays.copyOf(bytes, random.nextInt(bytes.length)));
        } else {
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            Files.write(file, bytes);
        }
        try (PartitionIndex index = open(place);
                View view = index.view()) {
            List<String> read = RandomRows.all(view);
            assertThat(index.applied()).as("mark with damaged %s", file).isEqualTo(NumberedApplies.mark(APPLIES));
            assertThat(read).as("rows with damaged %s", file).isEqualTo(rows);
        } catch (StorageException e) {
            assertThat(e.kind()).as(file + ": " + e).isEqualTo(Kind.CORRUPT);
        }
        assertThat(failures).isEmpty();
    }

    @Test
    void answersAMissingFileWithCorrupt() throws IOException {
        List<Path> files = files(copyOfIntact());
        for (int i = 0; i < files.size(); i += 4) {
            Path place = directory.resolve("without" + i);
            copy(intact, place);
            Files.delete(files(place).get(i));
            assertKind(Kind.CORRUPT, () -> {
                try (PartitionIndex index = open(place);
                        View view = index.view()) {
                    RandomRows.all(view);
                }
            });
        }
    }

    @Test
    void refusesANewerFormat() throws RocksDBException {
        Path place = copyOfIntact();
        writeRaw(place, Family.META.columnFamily(), MetaRows.FORMAT_KEY, MetaRows.format(2));
        assertKind(Kind.NEWER_FORMAT, () -> open(place));
        assertKind(Kind.NEWER_FORMAT, () -> PartitionIndexes.inspect(place));
        writeRaw(place, Family.META.columnFamily(), MetaRows.FORMAT_KEY, MetaRows.format(0));
        assertKind(Kind.CORRUPT, () -> open(place));
        writeRaw(place, Family.META.columnFamily(), MetaRows.FORMAT_KEY, MetaRows.format(1));
        open(place).close();
    }

    @Test
    void refusesAFamilyThatItDoesNotKnow() throws RocksDBException {
        Path place = copyOfIntact();
        writeRaw(place, "lanes", new byte[] {1}, new byte[] {1});
        assertKind(Kind.NEWER_FORMAT, () -> open(place));
        assertKind(Kind.NEWER_FORMAT, () -> PartitionIndexes.inspect(place));
    }

    @Test
    void takesAFamilyThatTheIndexDoesNotHaveForEmpty() throws RocksDBException {
        Path place = copyOfIntact();
        dropRaw(place, Family.ABORTED.columnFamily());
        try (View view = PartitionIndexes.inspect(place)) {
            assertThat(PartitionIndexes.count(view)).containsEntry(Family.ABORTED, 0L);
            assertThat(view.floor(Family.ABORTED, RandomRows.LOWEST, RandomRows.ABOVE_ALL))
                    .isNull();
        }
        try (PartitionIndex index = open(place)) {
            NumberedApplies.commit(index, APPLIES + 1);
        }
    }

    @Test
    void refusesADirectoryThatHoldsSomethingElse() throws IOException {
        Files.writeString(directory.resolve("notes.txt"), "not an index");
        assertKind(Kind.CORRUPT, () -> open(directory));
        assertKind(Kind.CORRUPT, () -> PartitionIndexes.inspect(directory));
        assertThat(directory.resolve("notes.txt")).hasContent("not an index");
    }

    @Test
    void takesWhatAnInterruptedCreationLeftForNothing() throws IOException {
        Path place = directory.resolve("index");
        copy(intact, directory.resolve("index.new"));
        try (PartitionIndex index = open(place)) {
            assertThat(index.applied()).isEqualTo(AppliedMark.NONE);
        }
        assertThat(directory.resolve("index.new")).doesNotExist();
    }

    @Test
    void inspectsWhatIsFlushedWhileTheIndexIsOpen() {
        Path place = copyOfIntact();
        try (PartitionIndex index = open(place)) {
            NumberedApplies.commit(index, APPLIES + 1);
            try (View view = PartitionIndexes.inspect(place)) {
                assertThat(view.applied()).isEqualTo(NumberedApplies.mark(APPLIES));
                assertThat(RandomRows.all(view)).isEqualTo(rows);
                Map<Family, Long> counts = PartitionIndexes.count(view);
                assertThat(counts.values().stream().mapToLong(Long::longValue).sum())
                        .isEqualTo(rows.size() + 2L); // format and mark
            }
        }
    }

    @Test
    void stopsForGoodWhenAFlushFails() throws IOException {
        Path place = copyOfIntact();
        try (PartitionIndex index = open(place)) {
            NumberedApplies.commit(index, APPLIES + 1);
            try (Stream<Path> files = Files.list(place)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(place);
            assertKind(Kind.CLOSED, index::flush);
            assertThat(failures).containsExactly("The index " + place + " has failed");
            assertKind(Kind.CLOSED, index::flush);
            assertKind(Kind.CLOSED, index::begin);
            assertThat(failures).hasSize(1);
            assertThat(index.durable()).isEqualTo(NumberedApplies.mark(APPLIES));
            assertThat(index.applied()).isEqualTo(NumberedApplies.mark(APPLIES + 1));
        }
    }

    @Test
    void stopsForGoodWhenACommitFails() throws IOException {
        Path place = copyOfIntact();
        try (PartitionIndex index =
                PartitionIndexes.open(place, new IndexConfig(64 << 10, 16, 1), memory, this::recordFailure)) {
            try (Stream<Path> files = Files.list(place)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(place);
            assertKind(Kind.CLOSED, () -> {
                for (int number = APPLIES + 1; number < 1_000_000; number++) {
                    NumberedApplies.commit(index, number);
                }
            });
            assertThat(failures).containsExactly("The index " + place + " has failed");
            try (View view = index.view()) {
                assertThat(view.applied()).isEqualTo(index.applied());
            }
        }
    }

    @Test
    void refusesASecondOpener() {
        Path place = copyOfIntact();
        try (PartitionIndex index = open(place)) {
            assertKind(Kind.IO, () -> open(place));
            NumberedApplies.commit(index, APPLIES + 1);
        }
    }

    @Test
    void findsRowsQuicklyBehindManyDeletedOnes() {
        try (PartitionIndex index = open(directory.resolve("index"))) {
            int raftIndex = 0;
            for (int chunk = 0; chunk < 100; chunk++) {
                try (Transaction transaction = index.begin()) {
                    for (int i = 0; i < 1000; i++) {
                        transaction.put(Family.QUEUE, ExtentRow.key(1, chunk * 1000L + i), new byte[20]);
                    }
                    transaction.commit(NumberedApplies.mark(++raftIndex));
                }
            }
            index.flush();
            for (int chunk = 0; chunk < 100; chunk++) {
                try (Transaction transaction = index.begin()) {
                    for (int i = 0; i < 1000; i++) {
                        transaction.delete(Family.QUEUE, ExtentRow.key(1, chunk * 1000L + i));
                    }
                    transaction.put(Family.QUEUE, ExtentRow.key(2, 0), new byte[1]);
                    transaction.commit(NumberedApplies.mark(++raftIndex));
                }
            }
            index.flush();
            long[] found = new long[1];
            try (View view = index.view()) {
                for (int i = 0; i < 100; i++) {
                    view.scan(Family.QUEUE, ExtentRow.key(1, 0), ExtentRow.key(3, 0), (key, value) -> ++found[0] > 0);
                    assertThat(view.floor(Family.QUEUE, ExtentRow.key(1, 0), ExtentRow.key(1, -1)))
                            .isNull();
                }
            }
            assertThat(found[0]).isEqualTo(100);
        }
    }

    private PartitionIndex open(Path place) {
        return PartitionIndexes.open(place, IndexConfig.DEFAULT, memory, this::recordFailure);
    }

    private void recordFailure(String what, Throwable cause) {
        assertThat(cause).isInstanceOf(StorageException.class);
        failures.add(what);
    }

    private Path copyOfIntact() {
        Path place = directory.resolve("index");
        try {
            copy(intact, place);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return place;
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectory(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName().toString()));
            }
        }
    }

    /** Those that hold the rows. */
    private static List<Path> files(Path place) throws IOException {
        try (Stream<Path> files = Files.list(place)) {
            return files.filter(file -> file.getFileName().toString().matches("FLUSHED|CURRENT|MANIFEST-.*|.*\\.sst"))
                    .sorted()
                    .toList();
        }
    }

    private static void writeRaw(Path place, String family, byte[] key, byte[] value) throws RocksDBException {
        List<ColumnFamilyHandle> handles = new ArrayList<>();
        try (Options options = new Options().setCreateMissingColumnFamilies(true);
                RocksDB database = openRaw(place, options, family, handles)) {
            database.put(handle(handles, family), key, value);
            handles.forEach(ColumnFamilyHandle::close);
        }
    }

    private static void dropRaw(Path place, String family) throws RocksDBException {
        List<ColumnFamilyHandle> handles = new ArrayList<>();
        try (Options options = new Options();
                RocksDB database = openRaw(place, options, "", handles)) {
            database.dropColumnFamily(handle(handles, family));
            handles.forEach(ColumnFamilyHandle::close);
        }
    }

    private static RocksDB openRaw(Path place, Options options, String extra, List<ColumnFamilyHandle> handles)
            throws RocksDBException {
        List<ColumnFamilyDescriptor> families = new ArrayList<>();
        RocksDB.listColumnFamilies(options, place.toString())
                .forEach(name -> families.add(new ColumnFamilyDescriptor(name)));
        byte[] name = extra.getBytes(StandardCharsets.UTF_8);
        if (name.length > 0 && families.stream().noneMatch(family -> Arrays.equals(family.getName(), name))) {
            families.add(new ColumnFamilyDescriptor(name));
        }
        try (DBOptions database = new DBOptions(options)) {
            return RocksDB.open(database, place.toString(), families, handles);
        }
    }

    private static ColumnFamilyHandle handle(List<ColumnFamilyHandle> handles, String family) throws RocksDBException {
        for (ColumnFamilyHandle handle : handles) {
            if (new String(handle.getName(), StandardCharsets.UTF_8).equals(family)) {
                return handle;
            }
        }
        throw new AssertionError(family);
    }

    private static void assertKind(Kind kind, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StorageException.class,
                        e -> assertThat(e.kind()).as(e.toString()).isEqualTo(kind));
    }
}
