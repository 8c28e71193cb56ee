package io.millrace.broker.verify;

import io.millrace.replication.state.Partition;
import io.millrace.replication.state.PartitionId;

/**
 * What a partition of a replica held at an entry. Replicas that agree have equal ones.
 *
 * @param checksum of every batch that was appended from {@code checksumFrom} on
 */
public record PartitionSum(
        PartitionId id,
        long firstOffset,
        long logStart,
        long logEnd,
        long records,
        long bytes,
        long checksum,
        long checksumFrom) {

    static PartitionSum of(Partition partition) {
        return new PartitionSum(
                partition.id(),
                partition.firstOffset(),
                partition.logStart(),
                partition.logEnd(),
                partition.records(),
                partition.bytes(),
                partition.checksum(),
                partition.checksumFrom());
    }

    /** The checksum covers just what is stored. */
    boolean coversWhatIsStored() {
        return checksumFrom == firstOffset && logStart == firstOffset;
    }
}
