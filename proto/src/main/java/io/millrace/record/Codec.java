package io.millrace.record;

import io.millrace.error.ErrorCode;

/**
 * Bytes to compressed bytes and back, in the framing that Kafka's clients use. Stateless, for any thread.
 *
 * <p>{@code decompress} meets bytes from anywhere: it throws {@link InvalidBatchException} and nothing else, and stops at
 * the limit of the sink.
 */
sealed interface Codec permits GzipCodec, SnappyCodec, Lz4Codec, ZstdCodec {
    /** Appends the compressed form to the sink. */
    void compress(byte[] source, int position, int length, ByteSink sink);

    /** Appends the uncompressed form to the sink. */
    void decompress(byte[] source, int position, int length, ByteSink sink);

    /** The codec of a compression other than {@link Compression#NONE}. */
    static Codec of(Compression compression) {
        return switch (compression) {
            case GZIP -> GzipCodec.INSTANCE;
            case SNAPPY -> SnappyCodec.INSTANCE;
            case LZ4 -> Lz4Codec.INSTANCE;
            case ZSTD -> ZstdCodec.INSTANCE;
            case NONE -> throw new IllegalArgumentException("NONE has no codec");
        };
    }

    static InvalidBatchException malformed(String what, Throwable cause) {
        return new InvalidBatchException(
                ErrorCode.INVALID_BATCH, what + " cannot be decompressed: " + cause.getMessage(), cause);
    }

    static InvalidBatchException malformed(String message) {
        return new InvalidBatchException(ErrorCode.INVALID_BATCH, message);
    }
}
