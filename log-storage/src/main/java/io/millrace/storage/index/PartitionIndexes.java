package io.millrace.storage.index;

import io.millrace.storage.AppliedMark;
import io.millrace.storage.FailStop;
import io.millrace.storage.Family;
import io.millrace.storage.PartitionIndex;
import io.millrace.storage.Rows;
import io.millrace.storage.StorageException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import org.rocksdb.RocksDBException;

/** Opens partition indexes. */
public final class PartitionIndexes {
    private PartitionIndexes() {}

    /**
     * Opens the index of a shard replica, or makes an empty one where the directory is missing or empty.
     *
     * @param sharedMemory outlives the index
     * @throws StorageException CORRUPT, NEWER_FORMAT or IO; the directory is as it was
     */
    public static PartitionIndex open(Path directory, IndexConfig config, IndexMemory sharedMemory, FailStop failStop) {
        IndexDirectory.prepare(directory, fresh -> create(fresh, config, sharedMemory));
        // Opening for writing deletes the tables that a damaged manifest does not name: look before, and leave all as
        // it is.
        inspect(directory).close();
        RocksStore store = RocksStore.open(directory, new RocksSettings(config, sharedMemory));
        try {
            return new RocksPartitionIndex(directory, store, failStop);
        } catch (RuntimeException e) {
            store.close();
            throw e;
        }
    }

    /**
     * Opens an index for reading alone, as it stood at its last flush, also while a broker has it open (which may then take a file away:
     * an error, never a wrong row). Writes nothing into the directory. Closing the view closes the index.
     *
     * @throws StorageException CORRUPT, NEWER_FORMAT or IO
     */
    public static PartitionIndex.View inspect(Path directory) {
        IndexDirectory.check(directory);
        IndexMemory memory = new IndexMemory(1 << 20, 8 << 20);
        try {
            RocksStore store = RocksStore.openReadOnly(directory, new RocksSettings(IndexConfig.DEFAULT, memory));
            try {
                RocksSource source = store.latest();
                MetaRows.checkFormat(source.get(Family.META, MetaRows.FORMAT_KEY));
                FlushedMark.check(directory, MetaRows.mark(source.get(Family.META, MetaRows.MARK_KEY)));
                return new RocksPartitionIndex.RocksView(source, () -> {
                    store.close();
                    memory.close();
                });
            } catch (RuntimeException e) {
                store.close();
                throw e;
            }
        } catch (RuntimeException e) {
            memory.close();
            throw e;
        }
    }

    /** Rows of each family, by reading all of them. */
    public static Map<Family, Long> count(Rows rows) {
        byte[] aboveAll = new byte[256]; // no key is that long and all ones
        Arrays.fill(aboveAll, (byte) -1);
        Map<Family, Long> counts = new EnumMap<>(Family.class);
        for (Family family : Family.values()) {
            long[] count = new long[1];
            rows.scan(family, new byte[0], aboveAll, (key, value) -> {
                count[0]++;
                return true;
            });
            counts.put(family, count[0]);
        }
        return counts;
    }

    /** An empty index with its format version, durable. */
    private static void create(Path directory, IndexConfig config, IndexMemory memory) {
        try (RocksStore store = RocksStore.create(directory, new RocksSettings(config, memory))) {
            var meta = store.handle(Family.META);
            if (meta == null) {
                throw new AssertionError(Family.META);
            }
            store.database().put(meta, store.settings().write(), MetaRows.FORMAT_KEY, MetaRows.format(MetaRows.FORMAT));
            store.database().flush(store.settings().flush(), store.handles());
            FlushedMark.write(directory, AppliedMark.NONE);
        } catch (IOException e) {
            throw new StorageException(StorageException.Kind.IO, "Cannot make the index " + directory, e);
        } catch (RocksDBException e) {
            throw RocksErrors.of("Cannot make the index " + directory, e);
        }
    }
}
