package io.millrace.broker.verify;

import io.millrace.replication.DamagedExtent;
import io.millrace.replication.state.PartitionId;
import io.millrace.storage.log.SegmentName;

/**
 * Offsets {@code [from, to)} of an extent that a replica cannot read.
 *
 * @param baseOffset of the extent
 * @param lastOffset of the extent
 * @param file number of the segment file
 * @param position in it
 */
public record DamagedRun(
        PartitionId id, long from, long to, long baseOffset, long lastOffset, int file, long position, String reason) {

    /** The file, as it is called in the shard's log folder. */
    public String fileName() {
        return SegmentName.of(file);
    }

    static DamagedRun of(DamagedExtent extent) {
        return new DamagedRun(
                extent.partition(),
                extent.from(),
                extent.to(),
                extent.row().baseOffset(),
                extent.row().lastOffset(),
                extent.row().file(),
                extent.position(),
                extent.reason());
    }
}
