package io.millrace.replication.ratis;

import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Makes the names in a Raft log's directory durable. Ratis creates, renames and deletes segment files and its term file without forcing
 * the directory, so that after power loss a forced entry could stand in a file without a name, or a term could be led twice.
 *
 * <p>Before entries are forced, {@link #forceWhenChanged} looks at the directory's modification time and forces it where it moved. The
 * kernel's file times tick in milliseconds, and two changes may fall into one tick; so the calls after a change force as well.
 *
 * <p>One thread, Raft's log writer, which also creates and renames the segment files. (The term file is renamed by other threads, always
 * before the first entry of its term.)
 */
final class DirectoryForce {
    private static final int CALLS_AFTER_CHANGE = 2;

    private final File directory;
    private long seenMillis = -1;
    private int forceAgain;

    DirectoryForce(Path directory) {
        this.directory = directory.toFile();
    }

    void forceWhenChanged() throws IOException {
        long changedMillis = directory.lastModified();
        if (changedMillis != seenMillis) {
            seenMillis = changedMillis;
            forceAgain = CALLS_AFTER_CHANGE;
        } else if (forceAgain == 0) {
            return;
        } else {
            forceAgain--;
        }
        force(directory.toPath());
    }

    /** Forces a directory: the names in it survive power loss. */
    static void force(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
