package io.millrace.storage.file;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;

/**
 * A file read and written through the page cache. The JDK closes a channel when a thread is interrupted in it; since many readers share
 * this file, such a channel is opened again and the read repeated. Writes and forces are not repeated.
 */
final class BufferedFile implements LogFile {
    private final Path file;
    private final OpenOption[] options;
    private final Object reopening = new Object();
    private volatile FileChannel channel;

    @GuardedBy("reopening")
    private boolean closed;

    BufferedFile(Path file, OpenOption... options) throws IOException {
        this.file = file;
        this.options = options;
        this.channel = DiskFiles.channel(file, options);
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
        long at = position;
        while (source.hasRemaining()) {
            at += channel.write(source, at);
        }
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
        boolean interrupted = Thread.interrupted();
        int total = 0;
        try {
            while (target.hasRemaining()) {
                FileChannel used = channel;
                try {
                    int count = used.read(target, position + total);
                    if (count <= 0) {
                        break;
                    }
                    total += count;
                } catch (ClosedChannelException e) {
                    interrupted |= Thread.interrupted();
                    reopen(used, e);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        return total;
    }

    private void reopen(FileChannel broken, ClosedChannelException cause) throws IOException {
        synchronized (reopening) {
            if (closed) {
                throw cause;
            }
            if (channel == broken) {
                channel = DiskFiles.channel(file, options);
            }
        }
    }

    @Override
    public void force(boolean metadata) throws IOException {
        channel.force(metadata);
    }

    @Override
    public void truncate(long bytes) throws IOException {
        channel.truncate(bytes);
    }

    @Override
    public long size() throws IOException {
        return channel.size();
    }

    @Override
    public void close() throws IOException {
        synchronized (reopening) {
            closed = true;
            channel.close();
        }
    }
}
