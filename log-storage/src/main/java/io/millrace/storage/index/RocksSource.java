package io.millrace.storage.index;

import io.millrace.storage.Family;
import io.millrace.storage.Rows.Row;
import io.millrace.storage.StorageException;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.Snapshot;

/**
 * Reads a {@link RocksStore}, at a snapshot or at what is committed. Used by one thread at a time. Iterators are kept for the life of the
 * source, since making one costs more than a seek: without a snapshot it lives no longer than one transaction of the only writer.
 */
final class RocksSource implements RowSource, AutoCloseable {
    private final RocksStore store;
    private final @Nullable Snapshot snapshot;
    private final ReadOptions options = new ReadOptions().setVerifyChecksums(true);
    private final Map<Family, RocksIterator> iterators = new EnumMap<>(Family.class);
    private boolean released;

    /** Called inside the store's gate. */
    RocksSource(RocksStore store, @Nullable Snapshot snapshot) {
        this.store = store;
        this.snapshot = snapshot;
        if (snapshot != null) {
            options.setSnapshot(snapshot);
        }
    }

    @Override
    public byte @Nullable [] get(Family family, byte[] key) {
        enter();
        try {
            ColumnFamilyHandle handle = store.handle(family);
            return handle == null ? null : store.database().get(handle, options, key);
        } catch (RocksDBException e) {
            throw RocksErrors.of("Reading " + family, e);
        } finally {
            store.leave();
        }
    }

    @Override
    public @Nullable Row below(Family family, byte[] lowest, byte[] key, boolean inclusive) {
        enter();
        try {
            ColumnFamilyHandle handle = store.handle(family);
            if (handle == null) {
                return null;
            }
            RocksIterator iterator =
                    iterators.computeIfAbsent(family, any -> store.database().newIterator(handle, options));
            iterator.seekForPrev(key);
            if (!inclusive && iterator.isValid() && Arrays.equals(iterator.key(), key)) {
                iterator.prev();
            }
            if (!iterator.isValid()) {
                iterator.status();
                return null;
            }
            byte[] found = iterator.key();
            return Arrays.compareUnsigned(found, lowest) < 0 ? null : new Row(found, iterator.value());
        } catch (RocksDBException e) {
            throw RocksErrors.of("Reading " + family, e);
        } finally {
            store.leave();
        }
    }

    @Override
    public void scan(Family family, byte[] from, byte[] to, BiPredicate<byte[], byte[]> visitor) {
        if (Arrays.compareUnsigned(from, to) >= 0) {
            return;
        }
        enter();
        try {
            ColumnFamilyHandle handle = store.handle(family);
            if (handle == null) {
                return;
            }
            // An own iterator: it stops at the bound before it wades through deleted rows behind it, and the visitor
            // may seek meanwhile.
            try (Slice bound = new Slice(to);
                    ReadOptions bounded = new ReadOptions(options).setIterateUpperBound(bound);
                    RocksIterator iterator = store.database().newIterator(handle, bounded)) {
                for (iterator.seek(from); iterator.isValid(); iterator.next()) {
                    if (!visitor.test(iterator.key(), iterator.value())) {
                        return;
                    }
                }
                iterator.status();
            }
        } catch (RocksDBException e) {
            throw RocksErrors.of("Reading " + family, e);
        } finally {
            store.leave();
        }
    }

    private void enter() {
        store.enter();
        if (released) {
            store.leave();
            throw new StorageException(StorageException.Kind.CLOSED, "The view or transaction is closed");
        }
    }

    @Override
    public void close() {
        try {
            store.enter();
        } catch (StorageException e) {
            return; // the store has released it
        }
        try {
            release();
            store.forget(this);
        } finally {
            store.leave();
        }
    }

    /** Frees the native objects; called inside the store's gate. */
    void release() {
        if (!released) {
            released = true;
            iterators.values().forEach(RocksIterator::close);
            options.close();
            if (snapshot != null) {
                store.database().releaseSnapshot(snapshot);
            }
        }
    }
}
