package io.millrace.replication;

import java.nio.ByteBuffer;

/**
 * Whole record batches in offset order, each verified, as they are stored.
 *
 * @param batches from position to limit; the first may begin below the offset asked for. Empty at the log end
 * @param nextOffset where to read on
 */
public record ReadBatches(ByteBuffer batches, long nextOffset, PartitionStatus status) {}
