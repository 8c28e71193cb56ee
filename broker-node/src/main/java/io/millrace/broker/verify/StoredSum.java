package io.millrace.broker.verify;

import io.millrace.replication.state.PartitionId;

/**
 * What a replica stores of a partition, from the log start to where it was compared.
 *
 * @param isWhole all of it could be read; else there is no checksum
 */
public record StoredSum(PartitionId id, boolean isWhole, long checksum) {}
