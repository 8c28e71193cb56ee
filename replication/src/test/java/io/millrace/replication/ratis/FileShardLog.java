package io.millrace.replication.ratis;

import io.millrace.storage.Extent;
import io.millrace.storage.LogPosition;
import io.millrace.storage.ShardLog;
import io.millrace.storage.StorageException;
import io.millrace.storage.StorageException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A shard log in one file, as simple as can be: an append writes to the file at once, a flush forces it, opening scans it. Every call is
 * told to an observer, which may throw.
 */
final class FileShardLog implements ShardLog {
    private static final int HEADER_BYTES = 24;

    private final FileChannel channel;
    private final Consumer<String> observer;
    private final TreeMap<Long, Frame> frames = new TreeMap<>();
    private long lastIndex = -1;
    private int end;

    FileShardLog(Path file, Consumer<String> observer) throws IOException {
        this.observer = observer;
        channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        scan();
    }

    static FileShardLog open(Path file) {
        try {
            return new FileShardLog(file, call -> {});
        } catch (IOException e) {
            throw new StorageException(Kind.IO, "open", e);
        }
    }

    private void scan() throws IOException {
        ByteBuffer all = ByteBuffer.allocate((int) channel.size());
        channel.read(all, 0);
        all.flip();
        while (all.remaining() >= HEADER_BYTES) {
            int start = all.position();
            long term = all.getLong();
            long index = all.getLong();
            int length = all.getInt();
            int crc = all.getInt();
            if (length < 0 || length > all.remaining() || crc(all.slice(all.position(), length)) != crc) {
                all.position(start);
                break;
            }
            all.position(all.position() + length);
            put(term, index, crc, start, length);
        }
        end = all.position();
        channel.truncate(end);
    }

    private Frame put(long term, long index, int crc, int start, int length) {
        Extent extent = new Extent(0, start + HEADER_BYTES, length);
        Frame frame = new Frame(term, index, extent, crc, new LogPosition(0, start + HEADER_BYTES + length));
        frames.tailMap(index, true).clear();
        frames.put(index, frame);
        lastIndex = index;
        return frame;
    }

    private static int crc(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    @Override
    public synchronized Extent append(long term, long raftIndex, int payloadCrc, List<ByteBuffer> payload) {
        observer.accept("append " + raftIndex);
        if (raftIndex <= lastIndex) {
            throw new IllegalArgumentException(raftIndex + " after " + lastIndex);
        }
        int length = payload.stream().mapToInt(ByteBuffer::remaining).sum();
        ByteBuffer out = ByteBuffer.allocate(HEADER_BYTES + length);
        out.putLong(term).putLong(raftIndex).putInt(length).putInt(payloadCrc);
        payload.forEach(each -> out.put(each.duplicate()));
        try {
            channel.write(out.flip(), end);
        } catch (IOException e) {
            throw new StorageException(Kind.IO, "append", e);
        }
        Frame frame = put(term, raftIndex, payloadCrc, end, length);
        end = frame.end().position();
        return frame.payload();
    }

    @Override
    public void flush() {
        observer.accept("flush");
        try {
            channel.force(true);
        } catch (IOException e) {
            throw new StorageException(Kind.IO, "flush", e);
        }
    }

    @Override
    public synchronized void forget(long raftIndex) {
        observer.accept("forget " + raftIndex);
        frames.tailMap(raftIndex, true).clear();
        lastIndex = Math.min(lastIndex, raftIndex - 1);
    }

    @Override
    public synchronized @Nullable Frame find(long term, long raftIndex) {
        Frame frame = frames.get(raftIndex);
        return frame == null || frame.term() != term ? null : frame;
    }

    @Override
    public synchronized void applied(long raftIndex) {
        frames.headMap(raftIndex, true).clear();
    }

    @Override
    public void read(Extent extent, int offset, ByteBuffer target) {
        try {
            channel.read(target, extent.position() + offset);
        } catch (IOException e) {
            throw new StorageException(Kind.IO, "read", e);
        }
    }

    @Override
    public synchronized LogPosition end() {
        return new LogPosition(0, end);
    }

    @Override
    public boolean damaged() {
        return false;
    }

    @Override
    public List<SegmentInfo> segments() {
        return List.of(new SegmentInfo(0, end().position(), false));
    }

    @Override
    public void delete(int file) {
        throw new IllegalArgumentException("file " + file + " is active");
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new StorageException(Kind.IO, "close", e);
        }
    }

    synchronized Map<Long, Frame> frames() {
        return Map.copyOf(frames);
    }
}
