package io.millrace.storage.index;

import io.millrace.storage.AppliedMark;
import io.millrace.storage.FailStop;
import io.millrace.storage.Family;
import io.millrace.storage.PartitionIndex;
import io.millrace.storage.Rows;
import io.millrace.storage.StorageException;
import io.millrace.storage.StorageException.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/**
 * The index in RocksDB: one column family for each {@link Family}, no write-ahead log, all families flushed together. A commit is one
 * write of all its rows and the mark. A flush syncs its tables, their directory and the manifest before it
 * returns, and notes its mark in a file of its own, see {@link FlushedMark}.
 *
 * <p>Written by one thread at a time; see {@link PartitionIndex}.
 */
final class RocksPartitionIndex implements PartitionIndex {
    private final Path directory;
    private final RocksStore store;
    private final FailStop failStop;
    private final WriteBatch batch = new WriteBatch();
    private final AtomicBoolean failed = new AtomicBoolean();
    private final Object flushing = new Object();
    private volatile AppliedMark applied;
    private volatile AppliedMark durable;
    private final AtomicLong commitsBegun = new AtomicLong();
    private volatile long commitsDone;
    private volatile long commitsDurable;
    private @Nullable RocksTransaction open; // of the thread that writes

    /** Takes the store over. What is read from a store without a log of its own came from its tables: it is durable. */
    RocksPartitionIndex(Path directory, RocksStore store, FailStop failStop) {
        this.directory = directory;
        this.store = store;
        this.failStop = failStop;
        try (RocksSource source = store.latest()) {
            applied = MetaRows.mark(source.get(Family.META, MetaRows.MARK_KEY));
        }
        durable = applied;
    }

    @Override
    public Transaction begin() {
        if (open != null) {
            throw new IllegalStateException("A transaction is open");
        }
        checkWritable();
        RocksTransaction transaction = new RocksTransaction(store.latest());
        open = transaction;
        return transaction;
    }

    @Override
    public View view() {
        return new RocksView(store.snapshot(), () -> {});
    }

    @Override
    public AppliedMark applied() {
        return applied;
    }

    @Override
    public AppliedMark durable() {
        return durable;
    }

    @Override
    public long commits() {
        return commitsBegun.get();
    }

    @Override
    public long durableCommits() {
        return commitsDurable;
    }

    @Override
    public void flush() {
        synchronized (flushing) {
            checkWritable();
            long done = commitsDone; // before the mark: it covers them
            AppliedMark covered = applied; // its commit has returned: the flush contains it
            try {
                store.enter();
                try {
                    store.database().flush(store.settings().flush(), store.handles());
                } finally {
                    store.leave();
                }
                FlushedMark.write(directory, covered);
            } catch (RocksDBException e) {
                throw fail(RocksErrors.of("Flushing the index", e));
            } catch (IOException e) {
                throw fail(new StorageException(Kind.IO, "Flushing the index: " + e.getMessage(), e));
            }
            durable = covered;
            commitsDurable = done;
        }
    }

    @Override
    public Map<Integer, Long> liveBytes() {
        try (View view = view()) {
            return FileRows.live(view);
        }
    }

    @Override
    public void close() {
        store.close();
        batch.close(); // nobody is inside the gate any more, and nobody gets in
    }

    private void checkWritable() {
        if (failed.get()) {
            throw new StorageException(Kind.CLOSED, "The index has failed before");
        }
    }

    /** Outside the store's gate: whoever is told may close the index. */
    private StorageException fail(StorageException cause) {
        if (failed.compareAndSet(false, true)) {
            failStop.fail("The index " + directory + " has failed", cause);
        }
        return new StorageException(Kind.CLOSED, "The index has failed", cause);
    }

    private void write(Overlay changes, AppliedMark mark) {
        checkWritable();
        MetaRows.checkRising(applied, mark);
        long number = commitsBegun.incrementAndGet();
        try {
            store.enter();
            try {
                batch.clear();
                fill(changes);
                batch.put(handle(Family.META), MetaRows.MARK_KEY, MetaRows.mark(mark));
                store.database().write(store.settings().write(), batch);
            } finally {
                store.leave();
            }
        } catch (RocksDBException e) {
            throw fail(RocksErrors.of("Writing the index", e));
        }
        applied = mark;
        commitsDone = number;
    }

    private void fill(Overlay changes) throws RocksDBException {
        BatchFill fill = new BatchFill();
        changes.forEach(fill);
        if (fill.failure != null) {
            throw fill.failure;
        }
    }

    private ColumnFamilyHandle handle(Family family) {
        ColumnFamilyHandle handle = store.handle(family);
        if (handle == null) {
            throw new AssertionError(family);
        }
        return handle;
    }

    /** Copies changes into the batch. */
    private final class BatchFill implements Overlay.Changes {
        private @Nullable RocksDBException failure;

        @Override
        public void put(Family family, byte[] key, byte[] value) {
            try {
                batch.put(handle(family), key, value);
            } catch (RocksDBException e) {
                failure = e;
            }
        }

        @Override
        public void delete(Family family, byte[] key) {
            try {
                batch.delete(handle(family), key);
            } catch (RocksDBException e) {
                failure = e;
            }
        }
    }

    private final class RocksTransaction implements Transaction {
        private final RocksSource source;
        private final Overlay rows;
        private boolean done;

        RocksTransaction(RocksSource source) {
            this.source = source;
            rows = new Overlay(source);
        }

        @Override
        public byte @Nullable [] get(Family family, byte[] key) {
            return rows().get(family, key);
        }

        @Override
        public void put(Family family, byte[] key, byte[] value) {
            MetaRows.checkWritable(family, key);
            rows().put(family, key, value);
        }

        @Override
        public void delete(Family family, byte[] key) {
            MetaRows.checkWritable(family, key);
            rows().delete(family, key);
        }

        @Override
        public @Nullable Row floor(Family family, byte[] lowest, byte[] key) {
            return rows().floor(family, lowest, key);
        }

        @Override
        public void scan(Family family, byte[] from, byte[] to, BiPredicate<byte[], byte[]> visitor) {
            rows().scan(family, from, to, visitor);
        }

        @Override
        public void commit(AppliedMark mark) {
            write(rows(), mark);
            close();
        }

        @Override
        public void close() {
            if (!done) {
                done = true;
                open = null;
                source.close();
            }
        }

        private Overlay rows() {
            if (done) {
                throw new StorageException(Kind.CLOSED, "The transaction is closed");
            }
            return rows;
        }
    }

    /** Also serves an index that was opened for inspection. */
    static final class RocksView implements View {
        private final RocksSource source;
        private final Runnable afterClose;

        RocksView(RocksSource source, Runnable afterClose) {
            this.source = source;
            this.afterClose = afterClose;
        }

        @Override
        public AppliedMark applied() {
            return MetaRows.mark(source.get(Family.META, MetaRows.MARK_KEY));
        }

        @Override
        public byte @Nullable [] get(Family family, byte[] key) {
            return source.get(family, key);
        }

        @Override
        public void put(Family family, byte[] key, byte[] value) {
            throw new UnsupportedOperationException("A view is for reading");
        }

        @Override
        public void delete(Family family, byte[] key) {
            throw new UnsupportedOperationException("A view is for reading");
        }

        @Override
        public Rows.@Nullable Row floor(Family family, byte[] lowest, byte[] key) {
            return source.below(family, lowest, key, true);
        }

        @Override
        public void scan(Family family, byte[] from, byte[] to, BiPredicate<byte[], byte[]> visitor) {
            source.scan(family, from, to, visitor);
        }

        @Override
        public void close() {
            source.close();
            afterClose.run();
        }
    }
}
