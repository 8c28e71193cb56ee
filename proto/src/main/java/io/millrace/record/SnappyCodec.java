package io.millrace.record;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.xerial.snappy.Snappy;
import org.xerial.snappy.SnappyError;

/**
 * Snappy in the framing of snappy-java's streams, which is Kafka's: a magic, two version numbers, then blocks, each behind
 * its length (big-endian). Data without the magic is one block without framing, as librdkafka writes it.
 *
 * <p>The framing is read here and not by the library's stream, which allocates what a block says of itself.
 */
final class SnappyCodec implements Codec {
    static final SnappyCodec INSTANCE = new SnappyCodec();

    private static final byte[] MAGIC = {(byte) 0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};
    private static final int VERSION = 1;
    private static final int HEADER_BYTES = MAGIC.length + 8;
    private static final int BLOCK_BYTES = 64 << 10;

    /** A snappy element of three bytes gives at most 64. */
    private static final int MAX_EXPANSION = 22;

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private SnappyCodec() {}

    @Override
    public void compress(byte[] source, int position, int length, ByteSink sink) {
        sink.write(MAGIC, 0, MAGIC.length);
        sink.writeIntBigEndian(VERSION);
        sink.writeIntBigEndian(VERSION);
        try {
            for (int from = position, end = position + length; from < end; from += BLOCK_BYTES) {
                int block = Math.min(BLOCK_BYTES, end - from);
                int lengthAt = sink.size();
                sink.writeIntBigEndian(0);
                sink.reserve(Snappy.maxCompressedLength(block));
                int compressed = Snappy.compress(source, from, block, sink.bytes(), sink.size());
                sink.advance(compressed);
                INT.set(sink.bytes(), lengthAt, compressed);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e); // compression has no input that fails
        }
    }

    @Override
    public void decompress(byte[] source, int position, int length, ByteSink sink) {
        int end = position + length;
        if (!isFramed(source, position, length)) {
            decompressBlock(source, position, length, sink);
            return;
        }
        for (int at = position + HEADER_BYTES; at < end; ) {
            if (end - at < 4) {
                throw Codec.malformed("The snappy data ends within a block's length");
            }
            int block = (int) INT.get(source, at);
            at += 4;
            if (block < 0 || block > end - at) {
                throw Codec.malformed("A snappy block says that it has " + block + " bytes; there are " + (end - at));
            }
            decompressBlock(source, at, block, sink);
            at += block;
        }
    }

    private static void decompressBlock(byte[] source, int position, int length, ByteSink sink) {
        try {
            int size = Snappy.uncompressedLength(source, position, length);
            if (size < 0 || size > (long) length * MAX_EXPANSION) {
                throw Codec.malformed("A snappy block of " + length + " bytes says that it expands to " + size);
            }
            if (size > sink.limit() - sink.size()) {
                throw sink.tooFar();
            }
            sink.reserve(size);
            sink.advance(Snappy.uncompress(source, position, length, sink.bytes(), sink.size()));
        } catch (IOException | SnappyError e) {
            throw Codec.malformed("The snappy data", e);
        }
    }

    private static boolean isFramed(byte[] source, int position, int length) {
        return length >= HEADER_BYTES
                && Arrays.equals(source, position, position + MAGIC.length, MAGIC, 0, MAGIC.length);
    }
}
