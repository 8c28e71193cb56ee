package io.millrace.replication;

/** Hears what a shard does, for histograms. Called on the shard's own threads: must not block or throw. */
public interface ShardListener {
    ShardListener NONE = new ShardListener() {};

    /** An entry was handed to the log. {@code queuedNanos}: how long its oldest request had waited. */
    default void proposed(int requests, long payloadBytes, long queuedNanos) {}

    /** An entry's outcome is known. {@code nanos}: since it was proposed. */
    default void settled(boolean applied, long nanos) {}

    /** An entry was applied on this replica, by whoever proposed it. */
    default void applied(int batches, long payloadBytes, long nanos) {}

    /** Who leads, as this replica sees it, has changed. */
    default void leadershipChanged(Leadership leadership) {}
}
