package io.millrace.storage.index;

import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteBufferManager;

/**
 * Native memory that all indexes of a process share: one budget for memtables and cached blocks. Memtables are charged to the cache, so
 * that a burst of writes pushes blocks out instead of adding to the total. Thread safe; closed after the last index.
 */
public final class IndexMemory implements AutoCloseable {
    static {
        RocksDB.loadLibrary();
    }

    private final Cache cache;
    private final WriteBufferManager writeBuffers;

    /**
     * @param memtableBytes above it the index that writes next flushes
     * @param cacheBytes for data, index and filter blocks
     */
    public IndexMemory(long memtableBytes, long cacheBytes) {
        if (memtableBytes < 1 << 20 || cacheBytes < 1 << 20) {
            throw new IllegalArgumentException(
                    "memtableBytes " + memtableBytes + " and cacheBytes " + cacheBytes + " must be at least 1 MiB");
        }
        // The cache is evicted in 4 parts, so that readers do not wait for one lock; its limit is soft: a read never
        // fails for it.
        cache = new LRUCache(memtableBytes + cacheBytes, 2);
        writeBuffers = new WriteBufferManager(memtableBytes, cache);
    }

    /** 32 MiB of memtables and 32 MiB of cache. */
    public static IndexMemory small() {
        return new IndexMemory(32L << 20, 32L << 20);
    }

    /** Bytes in use by memtables and cached blocks. */
    public long usedBytes() {
        return cache.getUsage();
    }

    Cache cache() {
        return cache;
    }

    WriteBufferManager writeBuffers() {
        return writeBuffers;
    }

    @Override
    public void close() {
        writeBuffers.close();
        cache.close();
    }
}
