package io.millrace.storage.log;

import io.millrace.storage.file.FileOps;
import io.millrace.storage.file.LogFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes files step by step on one background thread: unlinking 256 MiB at once holds up forces on the same file system for a tenth of a
 * second and more. A file is first renamed, so that a deletion which a crash has cut short is known as such at the next start.
 *
 * <p>An error leaves the file where it is, renamed; it is tried again at the next start.
 */
final class SlowDelete {
    private static final Logger LOG = LoggerFactory.getLogger(SlowDelete.class);

    private final Path directory;
    private final FileOps fileOps;
    private final int stepBytes;
    private final long pauseNanos;
    private final ScheduledThreadPoolExecutor thread;

    // Owned by the thread.
    private final ArrayDeque<Path> waiting = new ArrayDeque<>();
    private boolean working;

    SlowDelete(Path directory, FileOps fileOps, LogConfig config) {
        this.directory = directory;
        this.fileOps = fileOps;
        this.stepBytes = config.deleteStepBytes();
        this.pauseNanos = config.deletePause().toNanos();
        this.thread = new ScheduledThreadPoolExecutor(1, work -> {
            Thread made = Executors.defaultThreadFactory().newThread(work);
            made.setName("shard-log-delete-" + directory.getFileName());
            made.setDaemon(true);
            return made;
        });
        thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /** Begins to delete a segment file. */
    void segment(int file) {
        run(() -> {
            Path from = directory.resolve(SegmentName.of(file));
            Path to = directory.resolve(SegmentName.of(file) + SegmentName.DELETED);
            try {
                fileOps.rename(from, to);
                fileOps.forceDirectory(directory);
                add(to);
            } catch (IOException e) {
                LOG.warn("{} could not be deleted: {}", from, e.toString());
            }
        });
    }

    /** Goes on with a deletion that was begun before a restart. */
    void resume(String deletedName) {
        run(() -> add(directory.resolve(deletedName)));
    }

    private void run(Runnable work) {
        try {
            thread.execute(work);
        } catch (RejectedExecutionException e) {
            LOG.debug("Closed before a deletion began; it is made after the next start", e);
        }
    }

    private void add(Path file) {
        waiting.addLast(file);
        if (!working) {
            working = true;
            step();
        }
    }

    private void step() {
        Path file = waiting.peekFirst();
        if (file == null) {
            working = false;
            return;
        }
        try {
            if (shrink(file)) {
                fileOps.delete(file);
                fileOps.forceDirectory(directory);
                waiting.removeFirst();
            }
        } catch (IOException e) {
            LOG.warn("{} could not be deleted: {}", file, e.toString());
            waiting.removeFirst();
        }
        try {
            var unused = thread.schedule(this::step, pauseNanos, TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("Closed in the middle of a deletion; it is finished after the next start", e);
        }
    }

    /** Takes one step off the end of a file. True when nothing is left. */
    private boolean shrink(Path file) throws IOException {
        try (LogFile opened = fileOps.open(file, FileOps.Access.WRITE)) {
            long left = Math.max(0, opened.size() - stepBytes);
            opened.truncate(left);
            return left == 0;
        }
    }

    /** Waits for the step under way, if one is, so that nothing touches the directory after return. */
    void close(long limitNanos) {
        thread.shutdown();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    if (!thread.awaitTermination(limitNanos, TimeUnit.NANOSECONDS)) {
                        LOG.warn("A step of a deletion in {} does not end", directory);
                    }
                    return;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
