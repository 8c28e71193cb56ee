package io.millrace.storage.index;

import io.millrace.storage.Family;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.rocksdb.AbstractNativeReference;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.TablePropertiesCollectorFactory;
import org.rocksdb.WriteOptions;

/** Every RocksDB setting, with its reason. Closed after the database that was opened with it. */
final class RocksSettings implements AutoCloseable {
    private final Deque<AbstractNativeReference> opened = new ArrayDeque<>();
    private final DBOptions database;
    private final List<ColumnFamilyDescriptor> families = new ArrayList<>();
    private final WriteOptions write;
    private final FlushOptions flush;

    RocksSettings(IndexConfig config, IndexMemory memory) {
        RocksDB.loadLibrary();
        database = own(new DBOptions())
                // The rows of one apply, and its mark, become durable together, whatever family they are in.
                .setAtomicFlush(true)
                // A missing CURRENT file must not become an empty index: creating is done apart, see IndexDirectory.
                .setCreateIfMissing(false)
                // A family that this code knows and the index does not is new and empty.
                .setCreateMissingColumnFamilies(true)
                // Said although they are the defaults: damaged bytes are an error, never a guess.
                .setParanoidChecks(true)
                .setBestEffortsRecovery(false)
                // A failed write or sync is final; RocksDB would retry some of them on its own.
                .setMaxBgErrorResumeCount(0)
                // Closing is not flushing; a planned stop flushes first.
                .setAvoidFlushDuringShutdown(true)
                .setWriteBufferManager(memory.writeBuffers())
                .setMaxOpenFiles(config.maxOpenFiles())
                .setMaxBackgroundJobs(config.backgroundJobs())
                // One thread writes; its batches need no concurrency inside.
                .setAllowConcurrentMemtableWrite(false)
                .setEnableWriteThreadAdaptiveYield(false)
                // Written pages reach the disk as they come, so that the sync at the end is short.
                .setBytesPerSync(1 << 20)
                .setMaxManifestFileSize(4 << 20)
                .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                .setKeepLogFileNum(2)
                .setMaxLogFileSize(1 << 20)
                // No statistics thread, no rows of its own.
                .setStatsDumpPeriodSec(0)
                .setStatsPersistPeriodSec(0);
        BlockBasedTableConfig tables = new BlockBasedTableConfig()
                .setBlockCache(memory.cache())
                .setBlockSize(8 << 10)
                // Index and filter blocks count against the shared budget, not against the number of open files.
                .setCacheIndexAndFilterBlocks(true)
                .setCacheIndexAndFilterBlocksWithHighPriority(true)
                .setPinL0FilterAndIndexBlocksInCache(true)
                .setFilterPolicy(own(new BloomFilter(10)))
                .setFormatVersion(6);
        families.add(new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, family(config, tables, false)));
        for (Family family : Family.values()) {
            // Tiny rows that are written over and over gain nothing from compression.
            boolean compressed = family != Family.META && family != Family.FILES;
            families.add(new ColumnFamilyDescriptor(
                    family.columnFamily().getBytes(StandardCharsets.US_ASCII), family(config, tables, compressed)));
        }
        // The Raft log is the write-ahead log.
        write = own(new WriteOptions()).setDisableWAL(true);
        flush = own(new FlushOptions()).setWaitForFlush(true);
    }

    private ColumnFamilyOptions family(IndexConfig config, BlockBasedTableConfig tables, boolean compressed) {
        // Retention and queues delete from the front: a table that is mostly deletions is compacted soon, or each seek
        // wades through it.
        TablePropertiesCollectorFactory deletions =
                own(TablePropertiesCollectorFactory.NewCompactOnDeletionCollectorFactory(1024, 512, 0.5));
        Options collecting = own(new Options()); // the only class of this binding that takes a collector
        collecting.setTablePropertiesCollectorFactory(List.of(deletions));
        return own(new ColumnFamilyOptions(collecting))
                .setTableFormatConfig(tables)
                .setWriteBufferSize(config.writeBufferBytes())
                .setMaxWriteBufferNumber(3)
                // The default, 1 MiB, would take 13 MiB for an index with one row in each family.
                .setArenaBlockSize(64 << 10)
                .setTargetFileSizeBase(16 << 20)
                .setMaxBytesForLevelBase(64 << 20)
                .setCompressionType(compressed ? CompressionType.LZ4_COMPRESSION : CompressionType.NO_COMPRESSION);
    }

    /** For a new index only. */
    RocksSettings creating() {
        database.setCreateIfMissing(true).setErrorIfExists(true);
        return this;
    }

    DBOptions database() {
        return database;
    }

    /** The default family, which stays empty, and then one for each {@link Family} in its order. */
    List<ColumnFamilyDescriptor> families() {
        return families;
    }

    WriteOptions write() {
        return write;
    }

    FlushOptions flush() {
        return flush;
    }

    @Override
    public void close() {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
    }

    private <T extends AbstractNativeReference> T own(T object) {
        opened.push(object);
        return object;
    }
}
