package io.millrace.broker.metadata;

/**
 * A change that was applied, or was there already.
 *
 * @param version of the image that holds it
 * @param producerIds the first id taken, where ids were taken; else -1
 */
public record MetadataChange(long version, long producerIds) {}
