package io.millrace.replication.state;

import io.millrace.record.BatchHeader;

/**
 * A checksum over the batches of a partition in their order, of 64 bits: of each the base offset, the last offset, the leader epoch, the size, and the batch's
 * own CRC, which covers its attributes, timestamps, producer and records. Two partitions with the same checksum from the same start hold the same batches at the
 * same offsets, but for a chance of one in 2^64 (and of one in 2^32 for a batch that was changed so that its CRC stays).
 *
 * <p>The entry of an append and the stored header of the batch say the same of it, so that the checksum of what was appended can be held against what is stored.
 * Its values stand on disks: how it is computed is for ever.
 */
public final class RollingChecksum {
    /** Before the first batch. */
    public static final long START = 0;

    private RollingChecksum() {}

    static long after(long before, AppendPart part) {
        return after(before, part.baseOffset(), part.lastOffsetDelta(), part.leaderEpoch(), part.length(), part.crc());
    }

    /** After one more batch, by its header as it is stored. */
    public static long after(long before, BatchHeader stored) {
        return after(
                before,
                stored.baseOffset(),
                stored.lastOffsetDelta(),
                stored.partitionLeaderEpoch(),
                stored.sizeInBytes(),
                stored.crc());
    }

    private static long after(
            long before, long baseOffset, int lastOffsetDelta, int leaderEpoch, int sizeInBytes, int crc) {
        long sum = mix(mix(before) ^ baseOffset);
        sum = mix(sum ^ both(lastOffsetDelta, leaderEpoch));
        return mix(sum ^ both(sizeInBytes, crc));
    }

    private static long both(int high, int low) {
        return ((long) high << 32) | Integer.toUnsignedLong(low);
    }

    /** The step of SplitMix64: one to one, and each bit of the answer hangs on each bit that is given. */
    private static long mix(long value) {
        long mixed = value + 0x9e37_79b9_7f4a_7c15L;
        mixed = (mixed ^ (mixed >>> 30)) * 0xbf58_476d_1ce4_e5b9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94d0_49bb_1331_11ebL;
        return mixed ^ (mixed >>> 31);
    }
}
