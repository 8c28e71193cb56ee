package io.millrace.client;

import java.util.Map;

/**
 * A topic to be created.
 *
 * @param partitions 0: the cluster's default
 * @param replication 0: the cluster's default
 * @param config settings that differ from their default
 */
public record NewTopic(String name, int partitions, int replication, Placement placement, Map<String, String> config) {

    public NewTopic {
        config = Map.copyOf(config);
    }

    public static NewTopic of(String name) {
        return new NewTopic(name, 0, 0, Placement.RANGES, Map.of());
    }

    public static NewTopic of(String name, int partitions) {
        return new NewTopic(name, partitions, 0, Placement.RANGES, Map.of());
    }

    public NewTopic replicatedBy(int replicas) {
        return new NewTopic(name, partitions, replicas, placement, config);
    }

    public NewTopic placedBy(Placement chosen) {
        return new NewTopic(name, partitions, replication, chosen, config);
    }

    public NewTopic configuredBy(Map<String, String> settings) {
        return new NewTopic(name, partitions, replication, placement, settings);
    }
}
