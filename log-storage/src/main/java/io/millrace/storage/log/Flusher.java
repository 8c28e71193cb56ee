package io.millrace.storage.log;

import io.millrace.storage.StorageException;
import io.millrace.storage.file.FileOps;
import io.millrace.storage.file.LogFile;
import io.millrace.storage.log.Tail.Piece;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the tail to the disk. Writes and forces run on a thread of its own, which nobody interrupts: an interrupt would close the file in
 * the middle of a write, and whether the write was made could not be known any more.
 *
 * <p>Order: a file is forced for the last time before the next one is made; a new file's name is forced with its first bytes. So a file whose
 * header is valid says that the file before it is complete.
 */
final class Flusher {
    private static final Logger LOG = LoggerFactory.getLogger(Flusher.class);

    private final Path directory;
    private final FileOps fileOps;
    private final Tail tail;
    private final SegmentFiles files;
    private final Health health;
    private final ExecutorService thread;
    private final ReentrantLock flushing = new ReentrantLock();

    // Owned by the thread.
    private @Nullable LogFile active;
    private int activeFile;

    /** @param active the file that the tail goes on in, opened for writing; null where the next flush makes one */
    Flusher(
            Path directory,
            FileOps fileOps,
            Tail tail,
            SegmentFiles files,
            Health health,
            @Nullable LogFile active,
            int activeFile) {
        this.directory = directory;
        this.fileOps = fileOps;
        this.tail = tail;
        this.files = files;
        this.health = health;
        this.active = active;
        this.activeFile = activeFile;
        this.thread = Executors.newSingleThreadExecutor(work -> {
            Thread made = new Thread(work, "shard-log-flush-" + directory.getFileName());
            made.setDaemon(true);
            return made;
        });
    }

    /** Writes and forces what was appended so far. An interrupt of the caller is kept for later. */
    void flush() {
        // Held throughout: a second caller that finds nothing to take must not return before the first one's bytes are
        // durable.
        flushing.lock();
        try {
            List<Piece> pieces = tail.cut();
            if (!pieces.isEmpty()) {
                await(pieces);
            }
        } finally {
            flushing.unlock();
        }
    }

    private void await(List<Piece> pieces) {
        Future<?> flushed;
        try {
            flushed = thread.submit(() -> write(pieces));
        } catch (RejectedExecutionException e) {
            throw new StorageException(StorageException.Kind.CLOSED, "The log is closed", e);
        }
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    flushed.get();
                    return;
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    throw failure(e.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private StorageException failure(@Nullable Throwable cause) {
        Throwable reason = cause == null ? new IllegalStateException("a flush failed without a cause") : cause;
        if (reason instanceof StorageException known && known.kind() == StorageException.Kind.CLOSED) {
            return known;
        }
        return health.fail("flush of " + directory, reason);
    }

    private void write(List<Piece> pieces) {
        try {
            boolean made = false;
            for (Piece piece : pieces) {
                Chunk chunk = piece.chunk();
                LogFile target = active;
                if (target == null) {
                    target = make(chunk.file);
                    made = true;
                } else if (activeFile != chunk.file) {
                    throw new IllegalStateException("file " + chunk.file + " follows " + activeFile + ", not sealed");
                }
                String name = SegmentName.of(chunk.file);
                health.begin("write to " + name);
                target.write(chunk.view(piece.from(), piece.to()), chunk.base + piece.from());
                health.end();
                if (piece.sealsFile()) {
                    force(target, made);
                    made = false;
                    target.close();
                    active = null;
                    files.grown(chunk.file, chunk.base + piece.to());
                    files.sealedBelow(chunk.file + 1);
                }
            }
            Piece last = pieces.get(pieces.size() - 1);
            LogFile target = active;
            if (target != null) {
                force(target, made);
                files.grown(last.chunk().file, last.chunk().base + last.to());
            }
            tail.flushed(pieces);
        } catch (IOException e) {
            throw Health.storageException("flush of " + directory, e);
        } finally {
            for (Piece piece : pieces) {
                piece.chunk().release();
            }
        }
    }

    private LogFile make(int file) throws IOException {
        health.begin("creation of " + SegmentName.of(file));
        LogFile made = fileOps.create(directory.resolve(SegmentName.of(file)));
        health.end();
        active = made;
        activeFile = file;
        return made;
    }

    /** The bytes, their size, and for a new file its name. */
    private void force(LogFile file, boolean made) throws IOException {
        health.begin("force of " + SegmentName.of(activeFile));
        file.force(made);
        health.end();
        if (made) {
            health.begin("force of " + directory);
            fileOps.forceDirectory(directory);
            health.end();
        }
    }

    /** Waits for a flush under way, as long as a write may take, and closes the file. */
    void close(long limitNanos) {
        Future<?> closing = thread.submit(this::closeFile);
        thread.shutdown();
        boolean interrupted = false;
        long left = limitNanos;
        try {
            while (true) {
                try {
                    closing.get(left, TimeUnit.NANOSECONDS);
                    return;
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException | TimeoutException e) {
                    LOG.warn("The active file of {} could not be closed", directory, e);
                    return;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void closeFile() {
        try {
            if (active != null) {
                active.close();
            }
        } catch (IOException e) {
            LOG.warn("The active file of {} could not be closed", directory, e);
        }
    }
}
