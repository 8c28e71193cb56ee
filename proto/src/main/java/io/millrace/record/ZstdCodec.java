package io.millrace.record;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;

/**
 * Zstandard frames (RFC 8878). Each batch is compressed and decompressed in one go, with the output array as the window:
 * a stream would allocate whatever window a frame asks for.
 */
final class ZstdCodec implements Codec {
    static final ZstdCodec INSTANCE = new ZstdCodec();

    private static final int LEVEL = 3;
    private static final int FIRST_GUESS = 4;

    private ZstdCodec() {}

    @Override
    public void compress(byte[] source, int position, int length, ByteSink sink) {
        int bound = (int) Math.min(Zstd.compressBound(length), Integer.MAX_VALUE);
        sink.reserve(bound);
        int room = sink.bytes().length - sink.size();
        sink.advance((int) Zstd.compressByteArray(sink.bytes(), sink.size(), room, source, position, length, LEVEL));
    }

    @Override
    public void decompress(byte[] source, int position, int length, ByteSink sink) {
        int room = sink.limit() - sink.size();
        // What the frame says of itself is only a hint: it may be absent, wrong, or of the first frame of several.
        long said = Zstd.getFrameContentSize(source, position, length);
        if (said > room) {
            throw sink.tooFar();
        }
        long guess = said > 0 ? said : Math.max(1024, (long) length * FIRST_GUESS);
        while (true) {
            sink.reserve((int) Math.min(guess, room));
            int capacity = Math.min(sink.bytes().length - sink.size(), room);
            try {
                int size =
                        (int) Zstd.decompressByteArray(sink.bytes(), sink.size(), capacity, source, position, length);
                sink.advance(size);
                return;
            } catch (ZstdException e) {
                if (e.getErrorCode() != Zstd.errDstSizeTooSmall()) {
                    throw Codec.malformed("The zstd data", e);
                }
            }
            if (capacity == room) {
                throw sink.tooFar();
            }
            guess = 2L * capacity;
        }
    }
}
