package io.millrace.replication;

/**
 * What a scan of a partition's stored extents has found.
 *
 * @param bytes of the extents read
 * @param damaged extents among them
 * @param isWhole every extent was read, and is sound
 * @param checksum {@link io.millrace.replication.state.RollingChecksum} of what is stored, from the log start on, where it is whole
 */
public record Scanned(long bytes, int damaged, boolean isWhole, long checksum) {}
