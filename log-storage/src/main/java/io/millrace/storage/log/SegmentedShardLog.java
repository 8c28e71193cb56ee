package io.millrace.storage.log;

import static io.millrace.storage.StorageException.Kind.CORRUPT;
import static io.millrace.storage.StorageException.Kind.GONE;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.millrace.storage.Extent;
import io.millrace.storage.LogPosition;
import io.millrace.storage.ShardLog;
import io.millrace.storage.StorageException;
import io.millrace.storage.file.FileOps;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The shard log in segment files. {@link Tail} lays frames out in memory, {@link Flusher} writes them, {@link SegmentFiles} reads what is no
 * longer in memory, {@link FrameTable} remembers what is not yet applied, {@link LogRecovery} has opened it, {@link SlowDelete} gets rid of
 * files, {@link MovedFile} writes what was moved out of them, {@link Health} stops it.
 *
 * <p>Made by {@link ShardLogs#open}. Threads are those of {@link ShardLog}; {@link #watch} and {@link #usableBytes} may be called by any.
 */
public final class SegmentedShardLog implements ShardLog {
    private final Path directory;
    private final LogConfig config;
    private final FileOps fileOps;
    private final Health health;
    private final Tail tail;
    private final Flusher flusher;
    private final SegmentFiles files;
    private final SlowDelete deleter;
    private final RecoveryReport recovery;
    private final boolean damaged;
    private final AtomicInteger lastMoved;
    private final Object tableLock = new Object();

    @GuardedBy("tableLock")
    private final FrameTable table;

    SegmentedShardLog(
            Path directory, LogConfig config, FileOps fileOps, Health health, LogRecovery.Recovered recovered) {
        this.directory = directory;
        this.config = config;
        this.fileOps = fileOps;
        this.health = health;
        this.recovery = recovered.report();
        this.damaged = recovered.damaged();
        this.table = recovered.frames();
        this.tail = new Tail(config, recovered.start());
        this.files = new SegmentFiles(directory, fileOps, config.openFiles());
        recovered.sizes().forEach(files::grown);
        files.sealedBelow(recovered.start().file());
        this.flusher = new Flusher(
                directory,
                fileOps,
                tail,
                files,
                health,
                recovered.active(),
                recovered.start().file());
        this.deleter = new SlowDelete(directory, fileOps, config);
        recovered.deletions().forEach(deleter::resume);
        recovered.orphans().forEach(deleter::segment);
        this.lastMoved = new AtomicInteger(recovered.lastMoved());
    }

    @Override
    public Extent append(long term, long raftIndex, int payloadCrc, List<ByteBuffer> payload) {
        health.check();
        synchronized (tableLock) {
            table.checkNext(raftIndex);
        }
        Frame frame;
        try {
            frame = tail.append(term, raftIndex, payloadCrc, payload);
        } catch (IllegalArgumentException e) {
            throw e; // refused before anything was laid out
        } catch (RuntimeException | Error e) {
            // Half a frame may stand in the tail; it must not reach the disk with the next flush.
            throw health.fail("append of index " + raftIndex, e);
        }
        synchronized (tableLock) {
            table.append(frame);
        }
        return frame.payload();
    }

    @Override
    public void flush() {
        health.check();
        flusher.flush();
    }

    @Override
    public void forget(long raftIndex) {
        health.check();
        synchronized (tableLock) {
            table.forget(raftIndex);
        }
    }

    @Override
    public @Nullable Frame find(long term, long raftIndex) {
        health.check();
        synchronized (tableLock) {
            return table.find(term, raftIndex);
        }
    }

    @Override
    public void applied(long raftIndex) {
        health.check();
        synchronized (tableLock) {
            table.applied(raftIndex);
        }
    }

    @Override
    public void read(Extent extent, int offset, ByteBuffer target) {
        health.check();
        int length = target.remaining();
        Extent sought = extent.slice(offset, length);
        LogPosition filled = tail.filled();
        int last = sought.position() + length;
        boolean isMoved = ShardLog.isMoved(sought.file());
        if (!isMoved
                && (sought.file() > filled.file() || (sought.file() == filled.file() && last > filled.position()))) {
            throw new StorageException(CORRUPT, extent + " lies behind the end of " + directory + ", " + filled);
        }
        files.checkThere(sought.file());
        if (isMoved) {
            files.read(sought.file(), sought.position(), target);
            return;
        }
        int limit = target.limit();
        try {
            int at = sought.position();
            while (at < last) {
                int count = readSome(sought.file(), at, last, target);
                at += count;
            }
        } finally {
            target.limit(limit);
        }
    }

    @Override
    public void readStored(Extent extent, int offset, ByteBuffer target) {
        health.check();
        Extent sought = extent.slice(offset, target.remaining());
        files.checkThere(sought.file());
        files.read(sought.file(), sought.position(), target);
    }

    /** Reads from one chunk, or from the file up to the next chunk. Returns how many bytes. */
    private int readSome(int file, int from, int to, ByteBuffer target) {
        Chunk chunk = tail.pin(file, from);
        if (chunk != null) {
            try {
                int until = Math.min(to, chunk.base + chunk.capacity());
                target.put(chunk.view(from - chunk.base, until - chunk.base));
                return until - from;
            } finally {
                chunk.release();
            }
        }
        // Not resident: then it is durable, for chunks stay until then.
        int until = tail.firstResident(file, from, to);
        target.limit(target.position() + until - from);
        files.read(file, from, target);
        target.limit(target.position() + to - until);
        return until - from;
    }

    @Override
    public LogPosition end() {
        return tail.end();
    }

    @Override
    public List<SegmentInfo> segments() {
        health.check();
        return files.infos();
    }

    @Override
    public void delete(int file) {
        health.check();
        if (!files.sealed(file)) {
            throw new IllegalArgumentException("file " + file + " is not sealed");
        }
        synchronized (tableLock) {
            if (table.holdsFrameOf(file)) {
                throw new IllegalArgumentException("file " + file + " holds a frame that is not applied");
            }
            table.dropFile(file);
        }
        if (!files.remove(file)) {
            throw new StorageException(GONE, "file " + file + " is gone from " + directory);
        }
        deleter.segment(file);
    }

    @Override
    public MovedExtents moveTo(int above) {
        health.check();
        int file = lastMoved.updateAndGet(last -> Math.max(last, above) + 1);
        if (file < FIRST_MOVED_FILE) {
            throw new IllegalStateException("no number is left for a file of moved extents");
        }
        return new MovedFile(directory, fileOps, files, deleter, file);
    }

    @Override
    public long segmentBytes() {
        return config.segmentBytes();
    }

    @Override
    public long usableBytes() {
        health.check();
        try {
            return fileOps.usableBytes(directory);
        } catch (IOException e) {
            throw Health.storageException("usable bytes of " + directory, e);
        }
    }

    /**
     * To be called every second or so by whoever owns time: fails the log where a write or force has been running for longer than
     * {@link LogConfig#stallLimit}. Before that, leadership can be handed away by what it returns.
     *
     * @param nowNanos a monotonic clock
     * @return how long the write or force under way has been seen running, in nanoseconds; 0 where there is none
     */
    public long watch(long nowNanos) {
        return health.watch(nowNanos);
    }

    @Override
    public boolean damaged() {
        return damaged;
    }

    /** What opening has found. */
    public RecoveryReport recovery() {
        return recovery;
    }

    @Override
    public void close() {
        if (health.close()) {
            long limitNanos = config.stallLimit().toNanos();
            deleter.close(limitNanos);
            flusher.close(limitNanos);
            files.close();
        }
    }
}
