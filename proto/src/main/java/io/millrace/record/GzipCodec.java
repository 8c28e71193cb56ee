package io.millrace.record;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** Gzip (RFC 1952), by the JDK. */
final class GzipCodec implements Codec {
    static final GzipCodec INSTANCE = new GzipCodec();

    private static final int CHUNK_BYTES = 16 << 10;

    private GzipCodec() {}

    @Override
    public void compress(byte[] source, int position, int length, ByteSink sink) {
        try (OutputStream gzip = new GZIPOutputStream(sink.asStream(), CHUNK_BYTES)) {
            gzip.write(source, position, length);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // the sink does no I/O
        }
    }

    @Override
    public void decompress(byte[] source, int position, int length, ByteSink sink) {
        try (GZIPInputStream gzip =
                new GZIPInputStream(new ByteArrayInputStream(source, position, length), CHUNK_BYTES)) {
            for (int count; ; sink.advance(count)) {
                sink.reserve(CHUNK_BYTES);
                count = gzip.read(sink.bytes(), sink.size(), sink.bytes().length - sink.size());
                if (count < 0) {
                    return;
                }
            }
        } catch (IOException e) {
            throw Codec.malformed("The gzip data", e);
        }
    }
}
