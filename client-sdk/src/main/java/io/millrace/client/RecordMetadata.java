package io.millrace.client;

/**
 * Where an acknowledged record stands: on the disks of a majority.
 *
 * @param duplicate the batch had been stored before and was acknowledged again, with the offsets of the first copy
 */
public record RecordMetadata(String topic, int partition, long offset, long timestampMillis, boolean duplicate) {}
