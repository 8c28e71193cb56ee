package io.millrace.storage.log;

import io.millrace.storage.file.FileOps;
import java.time.Duration;

/**
 * Sizes and limits of a shard log.
 *
 * @param segmentBytes a file is sealed before it would grow beyond this
 * @param chunkBytes unit of the tail's memory and the largest single write
 * @param tailBytes memory kept for the tail: frames in it are read without the disk, and its chunks are used again and again. Frames
 *     that are not yet flushed are held beyond it, so what is in flight should stay well below
 * @param openFiles how many segment files are held open for reading
 * @param stallLimit a write or force that takes longer is a failure
 * @param deleteStepBytes a deleted file shrinks by this much at a time
 * @param deletePause between two steps of a deletion
 */
public record LogConfig(
        int segmentBytes,
        int chunkBytes,
        int tailBytes,
        int openFiles,
        Duration stallLimit,
        int deleteStepBytes,
        Duration deletePause) {
    private static final int MIB = 1 << 20;

    public static final LogConfig DEFAULT =
            new LogConfig(256 * MIB, 4 * MIB, 64 * MIB, 256, Duration.ofSeconds(30), 16 * MIB, Duration.ofMillis(100));

    /** The largest payload of a frame. */
    public static final int MAX_PAYLOAD_BYTES = 64 * MIB;

    public LogConfig {
        if (segmentBytes < 16 * FileOps.ALIGNMENT || segmentBytes > 1 << 30) {
            throw new IllegalArgumentException("segmentBytes must be 64 KiB to 1 GiB: " + segmentBytes);
        }
        if (chunkBytes < FileOps.ALIGNMENT || chunkBytes > 64 * MIB || chunkBytes % FileOps.ALIGNMENT != 0) {
            throw new IllegalArgumentException("chunkBytes must be a multiple of 4 KiB up to 64 MiB: " + chunkBytes);
        }
        if (tailBytes < 2 * chunkBytes) {
            throw new IllegalArgumentException("tailBytes must hold two chunks: " + tailBytes);
        }
        if (openFiles < 1 || deleteStepBytes < 1) {
            throw new IllegalArgumentException("openFiles and deleteStepBytes must be positive");
        }
        if (stallLimit.isNegative() || stallLimit.isZero() || deletePause.isNegative()) {
            throw new IllegalArgumentException("not a limit: " + stallLimit + ", " + deletePause);
        }
    }

    /** The same with other sizes. */
    public LogConfig withSizes(int newSegmentBytes, int newChunkBytes, int newTailBytes) {
        return new LogConfig(
                newSegmentBytes, newChunkBytes, newTailBytes, openFiles, stallLimit, deleteStepBytes, deletePause);
    }
}
