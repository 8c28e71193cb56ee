package io.millrace.record;

/**
 * How far a reader lets the records of one batch expand. They hold before memory is spent: a compressed batch is given up
 * as soon as its output passes the limit.
 *
 * @param maxRecords per batch
 * @param maxUncompressedBytes of the records of one batch
 * @param maxRatio of uncompressed to compressed bytes; looked at only above {@link #RATIO_FREE_BYTES}, since small
 *     batches of equal records compress almost without end
 */
public record DecodeLimits(int maxRecords, int maxUncompressedBytes, int maxRatio) {
    /** Output that any batch may have whatever its ratio. */
    public static final int RATIO_FREE_BYTES = 4 << 20;

    /** 8 Mi records, 64 MiB, 1000 to 1. */
    public static final DecodeLimits DEFAULT = new DecodeLimits(8 << 20, 64 << 20, 1000);

    public DecodeLimits {
        if (maxRecords < 1 || maxUncompressedBytes < 1 || maxRatio < 1) {
            throw new IllegalArgumentException(
                    "Limits are at least 1: " + maxRecords + ", " + maxUncompressedBytes + ", " + maxRatio);
        }
    }

    /** The bytes that records of so many compressed bytes may expand to. */
    int outputLimit(int compressedBytes) {
        long byRatio = Math.max(RATIO_FREE_BYTES, (long) compressedBytes * maxRatio);
        return (int) Math.min(maxUncompressedBytes, byRatio);
    }
}
