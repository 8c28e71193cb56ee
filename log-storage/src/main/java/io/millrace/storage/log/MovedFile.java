package io.millrace.storage.log;

import io.millrace.storage.Extent;
import io.millrace.storage.ShardLog.MovedExtents;
import io.millrace.storage.file.FileOps;
import io.millrace.storage.file.LogFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * Writes a file of moved extents: the header, a frame for each extent, the footer. Written once from start to end and forced once, so that a
 * crash leaves either a file that is whole or one that no row points to.
 *
 * <p>An error leaves the log as it was: the file is given up. Owned by one thread.
 */
final class MovedFile implements MovedExtents {
    private static final int BUFFER_BYTES = 1 << 20;

    private final Path directory;
    private final FileOps fileOps;
    private final SegmentFiles files;
    private final SlowDelete deleter;
    private final int file;
    private final LogFile target;
    private final ByteBuffer buffer = FileOps.alignedBuffer(BUFFER_BYTES);

    private int written; // bytes of the file before those in the buffer
    private int frames;
    private long payloadBytes;
    private boolean sealed;
    private boolean closed;

    MovedFile(Path directory, FileOps fileOps, SegmentFiles files, SlowDelete deleter, int file) {
        this.directory = directory;
        this.fileOps = fileOps;
        this.files = files;
        this.deleter = deleter;
        this.file = file;
        try {
            target = fileOps.create(directory.resolve(SegmentName.of(file)));
        } catch (IOException e) {
            throw Health.storageException("creation of " + SegmentName.of(file), e);
        }
        new SegmentHeader(file, -1).put(buffer, 0);
        buffer.position(SegmentHeader.BYTES);
    }

    @Override
    public int file() {
        return file;
    }

    @Override
    public long payloadBytes() {
        return payloadBytes;
    }

    @Override
    public Extent copy(int partition, long baseOffset, ByteBuffer bytes) {
        int length = bytes.remaining();
        if ((long) position() + FrameHeader.frameBytes(length) + 2L * FileOps.ALIGNMENT > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("file " + file + " is too large for " + length + " bytes more");
        }
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate());
        putHeader(FrameHeader.Kind.MOVED, Integer.toUnsignedLong(partition), baseOffset, length, (int) crc.getValue());
        Extent place = new Extent(file, position(), length);
        put(bytes.duplicate());
        putZeros(FrameHeader.frameBytes(length) - FrameHeader.BYTES - length);
        frames++;
        payloadBytes += length;
        return place;
    }

    @Override
    public void seal() {
        int rest = position() % FileOps.ALIGNMENT;
        if (rest != 0) {
            putZeroFrame(FileOps.ALIGNMENT - rest - FrameHeader.BYTES);
        }
        ByteBuffer footer = ByteBuffer.allocate(SegmentFooter.PAYLOAD_BYTES);
        new SegmentFooter(frames, payloadBytes).put(footer, 0);
        CRC32C crc = new CRC32C();
        crc.update(footer.duplicate());
        putHeader(FrameHeader.Kind.FOOTER, 0, 0, footer.remaining(), (int) crc.getValue());
        put(footer);
        try {
            write();
            target.force(true);
            fileOps.forceDirectory(directory);
            target.close();
        } catch (IOException e) {
            throw Health.storageException("force of " + SegmentName.of(file), e);
        }
        files.movedTo(file, written);
        sealed = true;
    }

    @Override
    public void moved() {
        files.movingEnded(file);
    }

    @Override
    public void close() {
        if (closed || sealed) {
            return;
        }
        closed = true;
        try {
            target.close();
        } catch (IOException e) {
            // What was to be written goes away in any case.
        }
        deleter.segment(file);
    }

    private int position() {
        return written + buffer.position();
    }

    private void putHeader(FrameHeader.Kind kind, long term, long raftIndex, int length, int crc) {
        room();
        new FrameHeader(kind, term, raftIndex, length, crc, file, position(), 0).put(buffer, buffer.position());
        buffer.position(buffer.position() + FrameHeader.BYTES);
    }

    private void putZeroFrame(int length) {
        CRC32C crc = new CRC32C();
        crc.update(new byte[length]);
        putHeader(FrameHeader.Kind.PADDING, 0, 0, length, (int) crc.getValue());
        putZeros(length);
    }

    private void put(ByteBuffer source) {
        while (source.hasRemaining()) {
            room();
            int count = Math.min(source.remaining(), buffer.remaining());
            buffer.put(source.slice(source.position(), count));
            source.position(source.position() + count);
        }
    }

    private void putZeros(int count) {
        put(ByteBuffer.allocate(count));
    }

    /** A header is 64 bytes, and so is the unit of places: it never crosses the end of the buffer. */
    private void room() {
        if (!buffer.hasRemaining()) {
            try {
                write();
            } catch (IOException e) {
                throw Health.storageException("write to " + SegmentName.of(file), e);
            }
        }
    }

    private void write() throws IOException {
        buffer.flip();
        int count = buffer.remaining();
        target.write(buffer, written);
        written += count;
        buffer.clear();
    }
}
