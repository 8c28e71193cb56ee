package io.millrace.broker.host;

import io.millrace.broker.cluster.Formation;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Whose directory it is: the file {@code identity} in it. Text of {@code key=value} lines, the last of which is the CRC-32C of the lines
 * before. Pure.
 *
 * @param incarnation a broker that lost its disk comes back with another one
 * @param dataShards as many as the broker was made with
 */
public record Identity(UUID clusterId, int brokerId, int incarnation, int dataShards) {
    static final int FORMAT = 1;

    String text() {
        return CheckedText.of(List.of(
                "format=" + FORMAT,
                "cluster-id=" + clusterId,
                "broker-id=" + brokerId,
                "incarnation=" + incarnation,
                "data-shards=" + dataShards));
    }

    /** The same broker, as a member of a cluster; null: as it is. */
    Identity in(@Nullable Formation formation) {
        return formation == null
                ? this
                : new Identity(formation.clusterId(), brokerId, incarnation, formation.dataShards());
    }

    /** Faults: NEWER_FORMAT, DAMAGED_DIRECTORY. */
    static Identity parse(String text, String file) {
        Map<String, String> values = CheckedText.parse(text, FORMAT, file);
        try {
            return new Identity(
                    UUID.fromString(values.getOrDefault("cluster-id", "")),
                    Integer.parseInt(values.getOrDefault("broker-id", "")),
                    Integer.parseInt(values.getOrDefault("incarnation", "")),
                    Integer.parseInt(values.getOrDefault("data-shards", "")));
        } catch (IllegalArgumentException e) {
            throw CheckedText.damaged(file);
        }
    }
}
