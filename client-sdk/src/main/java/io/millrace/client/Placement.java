package io.millrace.client;

/** How the keys of a topic find their partition. */
public enum Placement {
    /** Partitions own ranges of the key's coordinate, the bit-reversed positive murmur2 of its bytes. */
    RANGES,
    /** Positive murmur2 modulo the number of partitions, as Kafka's clients do. */
    MODULO,
    /** Each record names its partition. */
    CLIENT
}
