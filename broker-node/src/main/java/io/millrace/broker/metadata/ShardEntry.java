package io.millrace.broker.metadata;

import java.util.List;

/** A shard of the cluster. {@code replicas}: broker ids. */
public record ShardEntry(int id, Kind kind, List<Integer> replicas) {
    /** The metadata shard's id. */
    public static final int METADATA_SHARD = 0;

    public ShardEntry {
        replicas = List.copyOf(replicas);
    }

    /** What a shard carries. */
    public enum Kind {
        METADATA,
        DATA
    }
}
