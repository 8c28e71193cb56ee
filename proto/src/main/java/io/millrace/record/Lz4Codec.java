package io.millrace.record;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
import net.jpountz.xxhash.XXHash32;
import net.jpountz.xxhash.XXHashFactory;

/**
 * The LZ4 frame format, version 1 (lz4_Frame_format.md of the LZ4 project), as Kafka's clients use it: written with
 * independent blocks of 64 KiB and neither checksums nor a content size; read with any block size, checksums and content
 * size, but not with linked blocks or a dictionary, which Kafka's clients do not read either.
 */
final class Lz4Codec implements Codec {
    static final Lz4Codec INSTANCE = new Lz4Codec();

    private static final int MAGIC = 0x184D2204;
    private static final int BLOCK_BYTES = 64 << 10;
    private static final int STORED = 1 << 31;

    private static final int VERSION_MASK = 0xC0;
    private static final int VERSION_1 = 0x40;
    private static final int INDEPENDENT = 0x20;
    private static final int BLOCK_CHECKSUM = 0x10;
    private static final int CONTENT_SIZE = 0x08;
    private static final int CONTENT_CHECKSUM = 0x04;
    private static final int RESERVED_OR_DICTIONARY = 0x03;

    /** Magic, flags, block size id 4 (64 KiB), checksum of the two. */
    private static final byte[] HEADER = {0x04, 0x22, 0x4D, 0x18, VERSION_1 | INDEPENDENT, 4 << 4, (byte) 0x82};

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final LZ4Compressor compressor = LZ4Factory.fastestInstance().fastCompressor();
    private final LZ4SafeDecompressor decompressor =
            LZ4Factory.fastestInstance().safeDecompressor();
    private final XXHash32 hash = XXHashFactory.fastestInstance().hash32();

    private Lz4Codec() {}

    @Override
    public void compress(byte[] source, int position, int length, ByteSink sink) {
        sink.write(HEADER, 0, HEADER.length);
        for (int from = position, end = position + length; from < end; from += BLOCK_BYTES) {
            int block = Math.min(BLOCK_BYTES, end - from);
            int bound = compressor.maxCompressedLength(block);
            sink.reserve(4 + bound);
            int compressed = compressor.compress(source, from, block, sink.bytes(), sink.size() + 4, bound);
            if (compressed < block) {
                sink.writeIntLittleEndian(compressed);
                sink.advance(compressed);
            } else {
                sink.writeIntLittleEndian(block | STORED);
                sink.write(source, from, block);
            }
        }
        sink.writeIntLittleEndian(0);
    }

    @Override
    public void decompress(byte[] source, int position, int length, ByteSink sink) {
        new Frame(source, position, position + length).decompress(sink);
    }

    /** One frame being read. */
    private final class Frame {
        private final byte[] source;
        private final int end;
        private int at;

        Frame(byte[] source, int position, int end) {
            this.source = source;
            this.at = position;
            this.end = end;
        }

        void decompress(ByteSink sink) {
            int start = sink.size();
            if (nextInt() != MAGIC) {
                throw Codec.malformed("The LZ4 data does not begin with a frame");
            }
            int descriptor = at;
            int flags = nextByte();
            int blockSizeId = nextByte() >> 4;
            if ((flags & VERSION_MASK) != VERSION_1
                    || (flags & INDEPENDENT) == 0
                    || (flags & RESERVED_OR_DICTIONARY) != 0
                    || blockSizeId < 4
                    || blockSizeId > 7) {
                throw Codec.malformed("The LZ4 frame has flags " + flags + " and block size " + blockSizeId);
            }
            long contentSize = (flags & CONTENT_SIZE) != 0 ? nextLong() : -1;
            int checksum = (hash.hash(source, descriptor, at - descriptor, 0) >> 8) & 0xFF;
            if (nextByte() != checksum) {
                throw Codec.malformed("The header of the LZ4 frame does not match its checksum");
            }
            int blockBytes = 1 << (8 + 2 * blockSizeId);
            for (int block = nextInt(); block != 0; block = nextInt()) {
                decompressBlock(block, blockBytes, (flags & BLOCK_CHECKSUM) != 0, sink);
            }
            int size = sink.size() - start;
            if ((flags & CONTENT_CHECKSUM) != 0 && nextInt() != hash.hash(sink.bytes(), start, size, 0)) {
                throw Codec.malformed("The content of the LZ4 frame does not match its checksum");
            }
            if (at != end || (contentSize >= 0 && contentSize != size)) {
                throw Codec.malformed("The LZ4 frame does not end where it should");
            }
        }

        private void decompressBlock(int block, int blockBytes, boolean hasChecksum, ByteSink sink) {
            boolean stored = (block & STORED) != 0;
            int length = block & ~STORED;
            if (length > blockBytes) {
                throw Codec.malformed("An LZ4 block has " + length + " bytes; " + blockBytes + " are allowed");
            }
            need(length);
            int from = at;
            at += length;
            if (hasChecksum && nextInt() != hash.hash(source, from, length, 0)) {
                throw Codec.malformed("An LZ4 block does not match its checksum");
            }
            if (stored) {
                sink.write(source, from, length);
                return;
            }
            try {
                // 255 bytes out of one is the most that a block can give.
                int most = (int) Math.min(blockBytes, 255L * length);
                sink.reserve(most);
                sink.advance(decompressor.decompress(source, from, length, sink.bytes(), sink.size(), most));
            } catch (LZ4Exception e) {
                throw Codec.malformed("The LZ4 data", e);
            }
        }

        private void need(int bytes) {
            if (end - at < bytes) {
                throw Codec.malformed("The LZ4 data ends too early");
            }
        }

        private int nextByte() {
            need(1);
            return source[at++] & 0xFF;
        }

        private int nextInt() {
            need(4);
            at += 4;
            return (int) INT.get(source, at - 4);
        }

        private long nextLong() {
            long low = nextInt() & 0xFFFFFFFFL;
            return low | ((long) nextInt() << 32);
        }
    }
}
