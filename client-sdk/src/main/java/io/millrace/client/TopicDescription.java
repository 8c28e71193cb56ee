package io.millrace.client;

import java.util.List;
import java.util.Map;

/**
 * A topic as the cluster knows it.
 *
 * @param id 32 hexadecimal digits; a topic that is deleted and made again is another topic
 * @param partitions in rising order of their number
 * @param config what was set
 * @param effectiveConfig all keys with the value in force
 */
public record TopicDescription(
        String name,
        String id,
        Placement placement,
        int replication,
        List<PartitionDescription> partitions,
        Map<String, String> config,
        Map<String, String> effectiveConfig) {}
