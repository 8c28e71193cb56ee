package io.millrace.broker.verify;

/**
 * How a replica did.
 *
 * @param repairedExtents since the broker's start
 * @param problem why it was not compared; empty: it was
 */
public record ReplicaVerdict(int broker, String problem, long bytesRead, int damagedExtents, long repairedExtents) {}
