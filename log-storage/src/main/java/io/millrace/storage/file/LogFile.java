package io.millrace.storage.file;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * An open file of a log. Reads may run in several threads at once; writes, forces and truncations are made by one thread at a time.
 * Nothing written is durable before {@link #force}. A failed write or force leaves the file in an unknown state: it is not repeated.
 */
public interface LogFile extends Closeable {

    /**
     * Writes all remaining bytes.
     *
     * @param source aligned as {@link FileOps#ALIGNMENT} says, from its position to its limit
     */
    void write(ByteBuffer source, long position) throws IOException;

    /**
     * Reads until the target is full or the file ends. Of a file opened with {@link FileOps.Access#WRITE} the target must be aligned, and
     * the bytes come from the device where that is possible: after a crash the page cache may show bytes that never became durable.
     *
     * @return how many bytes were read; 0 at the end of the file
     */
    int read(ByteBuffer target, long position) throws IOException;

    /** Makes what was written durable: the bytes and the size, and with {@code metadata} everything else about the file. */
    void force(boolean metadata) throws IOException;

    void truncate(long bytes) throws IOException;

    long size() throws IOException;
}
