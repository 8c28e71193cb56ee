package io.millrace.storage.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * What a shard log asks of a file system, in one place so that a test can make a disk fail. Thread safe.
 *
 * <p>Durability of names: a file that was created, renamed or deleted may appear under its old state after a crash until
 * {@link #forceDirectory} has returned.
 */
public interface FileOps {
    /**
     * Files opened for {@link Access#WRITE} are read and written in blocks of this many bytes: position, length and memory address are
     * multiples of it.
     */
    int ALIGNMENT = 4096;

    /** How a file is opened. */
    enum Access {
        /** Unaligned reads of any length. Interrupting a reader harms neither the read nor others. */
        READ,
        /** Aligned reads and writes, around the page cache where the file system allows it. */
        WRITE
    }

    /** A new, empty file, opened for writing. Fails where it exists. */
    LogFile create(Path file) throws IOException;

    /** An existing file. */
    LogFile open(Path file, Access access) throws IOException;

    /** Names in a directory, in any order. */
    List<String> list(Path directory) throws IOException;

    void createDirectories(Path directory) throws IOException;

    /** Renames within a directory, at once and in place of a file of that name. */
    void rename(Path from, Path to) throws IOException;

    /** Unlinks a file; no error where it does not exist. */
    void delete(Path file) throws IOException;

    /** Makes the names in a directory durable. */
    void forceDirectory(Path directory) throws IOException;

    /** Bytes that may still be written below a path. */
    long usableBytes(Path path) throws IOException;

    /** A direct buffer whose address and capacity are aligned as {@link #ALIGNMENT} says. */
    static ByteBuffer alignedBuffer(int bytes) {
        if (bytes % ALIGNMENT != 0) {
            throw new IllegalArgumentException(bytes + " is not a multiple of " + ALIGNMENT);
        }
        return ByteBuffer.allocateDirect(bytes + ALIGNMENT)
                .alignedSlice(ALIGNMENT)
                .slice(0, bytes);
    }
}
