package io.millrace.broker.metadata;

/** How a key finds its partition. The order is that of the wire's enums. */
public enum Placement {
    /** Partitions own ranges of the key coordinate. */
    RANGES,
    /** Kafka's murmur2 modulo the number of partitions. */
    MODULO,
    /** Producers name partitions themselves. */
    CLIENT
}
