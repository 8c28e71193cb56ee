package io.millrace.storage.index;

import io.millrace.storage.AppliedMark;
import io.millrace.storage.Family;
import io.millrace.storage.PartitionIndex;
import io.millrace.storage.StorageException;
import io.millrace.storage.StorageException.Kind;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * An index in sorted maps, with the behaviour of the one on disk: for tests of the layers above and for models. {@link #crashed} gives what
 * a crash would leave. Thread safety as in {@link PartitionIndex}; one lock guards the committed rows.
 *
 * <p>A commit first saves what it overwrites into each open view, so that a view costs nothing while nothing changes.
 */
public final class MemoryPartitionIndex implements PartitionIndex {
    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock; the thread that writes, which alone changes the rows, reads them without.
    private final MemoryRows committed;
    private final Set<MemoryView> views = new HashSet<>(); // guarded by lock
    private MemoryRows flushed; // guarded by lock; never changed
    private volatile AppliedMark applied;
    private volatile AppliedMark durable;
    private final AtomicLong commits = new AtomicLong();
    private volatile long durableCommits;
    private volatile boolean closed;
    private @Nullable MemoryTransaction open; // of the thread that writes

    public MemoryPartitionIndex() {
        this(new MemoryRows());
        committed.put(Family.META, MetaRows.FORMAT_KEY, MetaRows.format(MetaRows.FORMAT));
        flushed = committed.copy();
    }

    private MemoryPartitionIndex(MemoryRows rows) {
        committed = rows;
        flushed = rows.copy();
        applied = MetaRows.mark(rows.get(Family.META, MetaRows.MARK_KEY));
        durable = applied;
    }

    /** A new index as this one stood at its last flush. */
    public MemoryPartitionIndex crashed() {
        lock.lock();
        try {
            return new MemoryPartitionIndex(flushed.copy());
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Transaction begin() {
        checkOpen();
        if (open != null) {
            throw new IllegalStateException("A transaction is open");
        }
        MemoryTransaction transaction = new MemoryTransaction();
        open = transaction;
        return transaction;
    }

    @Override
    public View view() {
        lock.lock();
        try {
            checkOpen();
            MemoryView view = new MemoryView();
            views.add(view);
            return view;
        } finally {
            lock.unlock();
        }
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
        return commits.get();
    }

    @Override
    public long durableCommits() {
        return durableCommits;
    }

    @Override
    public void flush() {
        lock.lock();
        try {
            checkOpen();
            flushed = committed.copy();
            durable = applied;
            durableCommits = commits.get();
        } finally {
            lock.unlock();
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
        closed = true;
    }

    private void checkOpen() {
        if (closed) {
            throw new StorageException(Kind.CLOSED, "The index is closed");
        }
    }

    private void write(Overlay changes, AppliedMark mark) {
        MetaRows.checkRising(applied, mark);
        changes.put(Family.META, MetaRows.MARK_KEY, MetaRows.mark(mark));
        lock.lock();
        try {
            changes.forEach(new Overlay.Changes() {
                @Override
                public void put(Family family, byte[] key, byte[] value) {
                    views.forEach(view -> view.save(family, key));
                    committed.put(family, key, value);
                }

                @Override
                public void delete(Family family, byte[] key) {
                    views.forEach(view -> view.save(family, key));
                    committed.delete(family, key);
                }
            });
            applied = mark;
            commits.incrementAndGet();
        } finally {
            lock.unlock();
        }
    }

    private final class MemoryTransaction implements Transaction {
        private final Overlay rows = new Overlay(committed);
        private boolean done;

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
            }
        }

        private Overlay rows() {
            checkOpen();
            if (done) {
                throw new StorageException(Kind.CLOSED, "The transaction is closed");
            }
            return rows;
        }
    }

    /** The committed rows under the values they had when the view was taken. */
    private final class MemoryView implements View {
        private final AppliedMark mark = applied;
        private final Overlay old = new Overlay(committed); // guarded by lock
        private boolean done;

        /** Inside the lock. */
        void save(Family family, byte[] key) {
            if (!old.covers(family, key)) {
                byte[] value = committed.get(family, key);
                if (value == null) {
                    old.delete(family, key);
                } else {
                    old.put(family, key, value);
                }
            }
        }

        @Override
        public AppliedMark applied() {
            checkReadable();
            return mark;
        }

        @Override
        public byte @Nullable [] get(Family family, byte[] key) {
            lock.lock();
            try {
                checkReadable();
                return old.get(family, key);
            } finally {
                lock.unlock();
            }
        }

        @Override
        public @Nullable Row floor(Family family, byte[] lowest, byte[] key) {
            lock.lock();
            try {
                checkReadable();
                return old.floor(family, lowest, key);
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void scan(Family family, byte[] from, byte[] to, BiPredicate<byte[], byte[]> visitor) {
            lock.lock();
            try {
                checkReadable();
                old.scan(family, from, to, visitor);
            } finally {
                lock.unlock();
            }
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
        public void close() {
            lock.lock();
            try {
                done = true;
                views.remove(this);
            } finally {
                lock.unlock();
            }
        }

        private void checkReadable() {
            checkOpen();
            if (done) {
                throw new StorageException(Kind.CLOSED, "The view is closed");
            }
        }
    }
}
