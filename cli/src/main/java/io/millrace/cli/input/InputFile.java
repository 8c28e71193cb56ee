package io.millrace.cli.input;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * A file or the standard input, unpacked where it begins with gzip's magic bytes, whatever its name. Counts the bytes taken from the file itself, for progress. Not thread safe.
 */
public final class InputFile implements AutoCloseable {
    private static final int BUFFER_BYTES = 64 << 10;

    private final String name;
    private final long totalBytes;
    private final CountedStream counted;
    private final InputStream content;

    private InputFile(String name, long totalBytes, InputStream raw) throws IOException {
        this.name = name;
        this.totalBytes = totalBytes;
        this.counted = new CountedStream(raw);
        BufferedInputStream buffered = new BufferedInputStream(counted, BUFFER_BYTES);
        this.content = isGzip(buffered) ? unpacked(name, buffered) : buffered;
    }

    public static InputFile open(Path path) throws IOException {
        long size = Files.isRegularFile(path) ? Files.size(path) : -1;
        InputStream raw = Files.newInputStream(path);
        try {
            return new InputFile(path.toString(), size, raw);
        } catch (IOException | RuntimeException e) {
            raw.close();
            throw e;
        }
    }

    /** @param name what messages call it */
    public static InputFile of(String name, InputStream in) throws IOException {
        return new InputFile(name, -1, in);
    }

    private static InputStream unpacked(String name, BufferedInputStream packed) throws IOException {
        try {
            return new GZIPInputStream(new Members(packed), BUFFER_BYTES);
        } catch (EOFException | ZipException e) {
            throw new IOException(name + " begins as gzip does, but its header is damaged", e);
        }
    }

    private static boolean isGzip(BufferedInputStream in) throws IOException {
        in.mark(2);
        boolean gzip = in.read() == 0x1F && in.read() == 0x8B;
        in.reset();
        return gzip;
    }

    public String name() {
        return name;
    }

    public InputStream content() {
        return content;
    }

    /** Bytes taken from the file so far, packed as they are. */
    public long bytesRead() {
        return counted.count;
    }

    /** The size of the file; -1: a pipe. */
    public long totalBytes() {
        return totalBytes;
    }

    @Override
    public void close() throws IOException {
        content.close();
    }

    private static final class CountedStream extends FilterInputStream {
        private long count;

        CountedStream(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int value = in.read();
            count += value < 0 ? 0 : 1;
            return value;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int got = in.read(target, offset, length);
            count += Math.max(0, got);
            return got;
        }
    }

    /**
     * GZIPInputStream takes the end of one packed member for the end of the file where {@code available()} is 0. On a pipe that only means that the writer is slow, and the rest would be
     * dropped without a word: so this one waits for a byte, or for the true end.
     */
    private static final class Members extends FilterInputStream {
        Members(BufferedInputStream in) {
            super(in);
        }

        @Override
        public int available() throws IOException {
            in.mark(1);
            boolean more = in.read() >= 0;
            in.reset();
            return more ? 1 : 0;
        }
    }
}
