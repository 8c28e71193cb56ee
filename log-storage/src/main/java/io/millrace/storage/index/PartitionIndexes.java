package io.millrace.storage.index;

import io.millrace.storage.FailStop;
import io.millrace.storage.Family;
import io.millrace.storage.PartitionIndex;
import io.millrace.storage.StorageException;
import java.nio.file.Path;
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
        RocksStore store = RocksStore.open(directory, new RocksSettings(config, sharedMemory));
        try {
            return new RocksPartitionIndex(store, failStop);
        } catch (RuntimeException e) {
            store.close();
            throw e;
        }
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
        } catch (RocksDBException e) {
            throw RocksErrors.of("Cannot make the index " + directory, e);
        }
    }
}
