package io.millrace.storage.log;

import java.nio.ByteBuffer;

/**
 * Payload of the last frame of a sealed file, format version 1; with its header it fills one block.
 *
 * <pre>
 *  0  4  version of the footer
 *  4  4  data frames in the file; -1: not known, because the file was written by more than one run of the process
 *  8  8  payload bytes of these frames; -1: not known
 * 16     zero up to 4,032
 * </pre>
 *
 * The zeros are room for later versions. Live bytes per partition are not in it: the log knows neither partitions nor, at the time of sealing,
 * which frames will be applied. They stand in the index.
 *
 * @param frames data frames in the file; -1: not known
 * @param payloadBytes of these frames; -1: not known
 */
record SegmentFooter(int frames, long payloadBytes) {
    static final int PAYLOAD_BYTES = 4096 - FrameHeader.BYTES;
    private static final int VERSION = 1;

    void put(ByteBuffer target, int at) {
        for (int i = 0; i < PAYLOAD_BYTES; i += Long.BYTES) {
            target.putLong(at + i, 0);
        }
        target.putInt(at, VERSION);
        target.putInt(at + 4, frames);
        target.putLong(at + 8, payloadBytes);
    }

    static SegmentFooter parse(ByteBuffer source, int at) {
        return new SegmentFooter(source.getInt(at + 4), source.getLong(at + 8));
    }
}
