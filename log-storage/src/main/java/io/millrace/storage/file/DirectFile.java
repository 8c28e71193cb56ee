package io.millrace.storage.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * A file read and written around the page cache. An interrupt closes a channel in the middle of a write, so its owner is a thread that
 * nobody interrupts.
 */
final class DirectFile implements LogFile {
    private final FileChannel channel;

    DirectFile(FileChannel channel) {
        this.channel = channel;
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
        int total = 0;
        while (target.hasRemaining()) {
            int count = channel.read(target, position + total);
            if (count <= 0) {
                break;
            }
            total += count;
            if (count % FileOps.ALIGNMENT != 0) {
                break; // the end of the file lies within a block
            }
        }
        return total;
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
        channel.close();
    }
}
