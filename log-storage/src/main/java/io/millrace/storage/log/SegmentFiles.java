package io.millrace.storage.log;

import static io.millrace.storage.StorageException.Kind.CLOSED;
import static io.millrace.storage.StorageException.Kind.CORRUPT;
import static io.millrace.storage.StorageException.Kind.GONE;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.millrace.storage.ShardLog;
import io.millrace.storage.ShardLog.SegmentInfo;
import io.millrace.storage.StorageException;
import io.millrace.storage.file.FileOps;
import io.millrace.storage.file.LogFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The segment files as readers see them: which there are, and those that are open for reading, the ones used last. A file that is taken out
 * while somebody reads is closed by the last reader. Thread safe; the lock is not held during reads.
 */
final class SegmentFiles implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentFiles.class);

    private final Path directory;
    private final FileOps fileOps;
    private final int openFiles;
    private final Object lock = new Object();

    /** Bytes of each file that are durable. */
    @GuardedBy("lock")
    private final NavigableMap<Integer, Integer> bytes = new TreeMap<>();

    @GuardedBy("lock")
    private final LinkedHashMap<Integer, OpenFile> open = new LinkedHashMap<>(16, 0.75f, true);

    /** Files below this number are complete and durable. */
    @GuardedBy("lock")
    private int sealedBelow;

    /** Files of moved extents whose rows are not all moved yet. */
    @GuardedBy("lock")
    private final Set<Integer> moving = new HashSet<>();

    @GuardedBy("lock")
    private boolean closed;

    SegmentFiles(Path directory, FileOps fileOps, int openFiles) {
        this.directory = directory;
        this.fileOps = fileOps;
        this.openFiles = openFiles;
    }

    /** So many bytes of a file are durable. */
    void grown(int file, int durableBytes) {
        synchronized (lock) {
            bytes.put(file, durableBytes);
        }
    }

    /** Files below this number are complete and durable. */
    void sealedBelow(int file) {
        synchronized (lock) {
            sealedBelow = file;
        }
    }

    /** A file of moved extents is complete and durable, and its rows are being moved. */
    void movedTo(int file, int durableBytes) {
        synchronized (lock) {
            bytes.put(file, durableBytes);
            moving.add(file);
        }
    }

    /** All its rows are moved. */
    void movingEnded(int file) {
        synchronized (lock) {
            moving.remove(file);
        }
    }

    boolean sealed(int file) {
        synchronized (lock) {
            return isSealed(file);
        }
    }

    @GuardedBy("lock")
    private boolean isSealed(int file) {
        return ShardLog.isMoved(file) ? !moving.contains(file) : file < sealedBelow;
    }

    /** What is on the disk, by number. */
    List<SegmentInfo> infos() {
        synchronized (lock) {
            List<SegmentInfo> infos = new ArrayList<>(bytes.size());
            for (var entry : bytes.entrySet()) {
                infos.add(new SegmentInfo(entry.getKey(), entry.getValue(), isSealed(entry.getKey())));
            }
            return infos;
        }
    }

    /** Throws GONE where a file was deleted. */
    void checkThere(int file) {
        synchronized (lock) {
            if (isSealed(file) && !bytes.containsKey(file)) {
                throw gone(file);
            }
        }
    }

    /** Later reads answer GONE. False where there is no such file. */
    boolean remove(int file) {
        OpenFile removed;
        synchronized (lock) {
            if (bytes.remove(file) == null) {
                return false;
            }
            removed = open.remove(file);
        }
        release(removed);
        return true;
    }

    /**
     * Fills the target from a file.
     *
     * @throws StorageException GONE, IO, CORRUPT where the file is shorter, CLOSED
     */
    void read(int file, int position, ByteBuffer target) {
        OpenFile used = acquire(file);
        int wanted = target.remaining();
        int count;
        try {
            count = used.file.read(target, position);
        } catch (IOException e) {
            throw Health.storageException("read " + SegmentName.of(file) + " at " + position, e);
        } finally {
            release(used);
        }
        if (count < wanted) {
            synchronized (lock) {
                if (!bytes.containsKey(file)) {
                    throw gone(file); // it shrinks while it is deleted
                }
            }
            throw new StorageException(
                    CORRUPT, SegmentName.of(file) + " ends before " + (position + wanted) + " in " + directory);
        }
    }

    private OpenFile acquire(int file) {
        OpenFile evicted = null;
        OpenFile found;
        synchronized (lock) {
            if (closed) {
                throw new StorageException(CLOSED, "The log is closed");
            }
            if (!bytes.containsKey(file)) {
                throw gone(file);
            }
            found = open.get(file);
            if (found == null) {
                try {
                    found = new OpenFile(fileOps.open(directory.resolve(SegmentName.of(file)), FileOps.Access.READ));
                } catch (IOException e) {
                    throw Health.storageException("open " + SegmentName.of(file), e);
                }
                open.put(file, found);
                if (open.size() > openFiles) {
                    var eldest = open.entrySet().iterator().next();
                    evicted = eldest.getValue();
                    open.remove(eldest.getKey());
                }
            }
            found.users++;
        }
        release(evicted);
        return found;
    }

    private void release(@Nullable OpenFile file) {
        if (file == null) {
            return;
        }
        synchronized (lock) {
            file.users--;
            if (file.users > 0) {
                return;
            }
        }
        try {
            file.file.close();
        } catch (IOException e) {
            LOG.warn("A file opened for reading could not be closed", e);
        }
    }

    private StorageException gone(int file) {
        return new StorageException(GONE, SegmentName.of(file) + " is gone from " + directory);
    }

    @Override
    public void close() {
        NavigableMap<Integer, OpenFile> left;
        synchronized (lock) {
            closed = true;
            left = new TreeMap<>(open);
            open.clear();
        }
        left.values().forEach(this::release);
    }

    /** An open file; being in the table counts as one user. */
    private static final class OpenFile {
        final LogFile file;
        int users = 1;

        OpenFile(LogFile file) {
            this.file = file;
        }
    }
}
