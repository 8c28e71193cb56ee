package io.millrace.storage.index;

import io.millrace.storage.Family;
import io.millrace.storage.StorageException;
import io.millrace.storage.StorageException.Kind;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/**
 * An open RocksDB with the families of an index. Its native objects are used between {@link #enter} and {@link #leave} only, so that
 * closing waits for calls in progress and a call that comes later gets CLOSED instead of touching freed memory. Thread safe.
 */
final class RocksStore implements AutoCloseable {
    private final RocksDB database;
    private final RocksSettings settings;
    private final List<ColumnFamilyHandle> handles;
    private final Map<Family, ColumnFamilyHandle> families = new EnumMap<>(Family.class);
    private final ReentrantReadWriteLock gate = new ReentrantReadWriteLock();
    private final Set<RocksSource> sources = ConcurrentHashMap.newKeySet();
    private boolean closed; // read under either lock of the gate, written under its write lock

    private RocksStore(RocksDB database, RocksSettings settings, List<ColumnFamilyHandle> handles)
            throws RocksDBException {
        this.database = database;
        this.settings = settings;
        this.handles = handles;
        for (ColumnFamilyHandle handle : handles) {
            String name = new String(handle.getName(), StandardCharsets.UTF_8);
            for (Family family : Family.values()) {
                if (family.columnFamily().equals(name)) {
                    families.put(family, handle);
                }
            }
        }
    }

    /** Takes the settings over: they are closed with the store, and where opening fails. */
    static RocksStore create(Path directory, RocksSettings settings) {
        return open(directory, settings.creating(), settings.families(), false);
    }

    static RocksStore open(Path directory, RocksSettings settings) {
        try {
            existing(directory, settings);
        } catch (StorageException e) {
            settings.close();
            throw e;
        }
        return open(directory, settings, settings.families(), false);
    }

    /** Families that the index does not have are empty. */
    static RocksStore openReadOnly(Path directory, RocksSettings settings) {
        List<ColumnFamilyDescriptor> existing;
        try {
            existing = existing(directory, settings);
        } catch (StorageException e) {
            settings.close();
            throw e;
        }
        return open(directory, settings, existing, true);
    }

    private static RocksStore open(
            Path directory, RocksSettings settings, List<ColumnFamilyDescriptor> families, boolean readOnly) {
        List<ColumnFamilyHandle> handles = new ArrayList<>();
        try {
            RocksDB database = readOnly
                    ? RocksDB.openReadOnly(settings.database(), directory.toString(), families, handles)
                    : RocksDB.open(settings.database(), directory.toString(), families, handles);
            return new RocksStore(database, settings, handles);
        } catch (RocksDBException e) {
            settings.close();
            throw RocksErrors.of("Cannot open the index " + directory, e);
        }
    }

    /** The families that stand in the directory. One that is not known is NEWER_FORMAT. */
    private static List<ColumnFamilyDescriptor> existing(Path directory, RocksSettings settings) {
        Set<String> names = new HashSet<>();
        try (Options options = new Options()) {
            for (byte[] name : RocksDB.listColumnFamilies(options, directory.toString())) {
                names.add(new String(name, StandardCharsets.UTF_8));
            }
        } catch (RocksDBException e) {
            throw RocksErrors.of("Cannot read the families of the index " + directory, e);
        }
        List<ColumnFamilyDescriptor> existing = new ArrayList<>();
        for (ColumnFamilyDescriptor family : settings.families()) {
            if (names.remove(new String(family.getName(), StandardCharsets.UTF_8))) {
                existing.add(family);
            }
        }
        if (existing.isEmpty() || !existing.get(0).equals(settings.families().get(0))) {
            throw new StorageException(Kind.CORRUPT, "The manifest of the index " + directory + " is damaged");
        }
        if (!names.isEmpty()) {
            throw new StorageException(Kind.NEWER_FORMAT, "The index " + directory + " has unknown families " + names);
        }
        return existing;
    }

    /** Takes the right to use the native objects; {@link #leave} gives it back. */
    void enter() {
        gate.readLock().lock();
        if (closed) {
            gate.readLock().unlock();
            throw new StorageException(Kind.CLOSED, "The index is closed");
        }
    }

    void leave() {
        gate.readLock().unlock();
    }

    RocksDB database() {
        return database;
    }

    RocksSettings settings() {
        return settings;
    }

    /** All handles, of the families that are not ours to write too. */
    List<ColumnFamilyHandle> handles() {
        return handles;
    }

    /** Null where a read-only index does not have the family. */
    @Nullable
    ColumnFamilyHandle handle(Family family) {
        return families.get(family);
    }

    /** Reads what is committed at the time of each call. */
    RocksSource latest() {
        return source(false);
    }

    /** Reads what is committed now. */
    RocksSource snapshot() {
        return source(true);
    }

    private RocksSource source(boolean snapshot) {
        enter();
        try {
            RocksSource source = new RocksSource(this, snapshot ? database.getSnapshot() : null);
            sources.add(source);
            return source;
        } finally {
            leave();
        }
    }

    void forget(RocksSource source) {
        sources.remove(source);
    }

    /** Waits for calls in progress; sources that are still open are closed too. */
    @Override
    public void close() {
        gate.writeLock().lock();
        try {
            if (closed) {
                return;
            }
            sources.forEach(RocksSource::release);
            sources.clear();
            closed = true;
            handles.forEach(ColumnFamilyHandle::close);
            database.close();
            settings.close();
        } finally {
            gate.writeLock().unlock();
        }
    }
}
