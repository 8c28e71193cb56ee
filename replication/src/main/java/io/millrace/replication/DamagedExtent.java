package io.millrace.replication;

import io.millrace.replication.state.PartitionId;
import io.millrace.storage.index.ExtentRow;

/**
 * An extent of this replica whose stored bytes are not what was written.
 *
 * @param row where it stands
 * @param from first offset that was found unreadable
 * @param to behind the last one of that run; the rest of the extent was not looked at
 * @param position in the file, of the first batch that is damaged
 */
public record DamagedExtent(PartitionId partition, ExtentRow row, long from, long to, long position, String reason) {
    static DamagedExtent of(PartitionId partition, ExtentRow row, ExtentReader.Damage damage) {
        return new DamagedExtent(
                partition, row, damage.from(), damage.to(), row.position() + (long) damage.position(), damage.reason());
    }
}
