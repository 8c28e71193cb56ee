package io.millrace.client.cluster;

import com.google.protobuf.ByteString;
import io.millrace.client.transport.BrokerAddress;
import io.millrace.record.KeyHash;
import io.millrace.record.KeyRanges;
import io.millrace.v1.PartitionDescription;
import io.millrace.v1.Placement;
import io.millrace.v1.TopicDescription;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was last heard of a topic. Immutable.
 *
 * @param id 16 bytes
 * @param ranges for placement RANGES, else {@code null}
 * @param leaders by partition; {@code null}: none known
 * @param epochs of the leaders, by partition; -1: none known. They never fall, so that an answer from a broker that lags behind is told from news
 * @param fetchedAtNanos by the client's clock
 */
public record TopicImage(
        String name,
        ByteString id,
        Placement placement,
        @Nullable KeyRanges ranges,
        @Nullable BrokerAddress[] leaders,
        int[] epochs,
        long fetchedAtNanos) {

    /** @param before what was known so far */
    static TopicImage of(
            TopicDescription topic, Map<Integer, BrokerAddress> brokers, @Nullable TopicImage before, long nowNanos) {
        int count = topic.getPartitionsCount();
        TopicImage known = before != null && before.id.equals(topic.getId()) ? before : null;
        @Nullable BrokerAddress[] leaders = new BrokerAddress[count];
        int[] epochs = new int[count];
        int[] lows = new int[count];
        Arrays.fill(lows, -1);
        for (PartitionDescription each : topic.getPartitionsList()) {
            int partition = each.getPartition();
            leaders[partition] = brokers.get(each.getLeader());
            epochs[partition] = each.getLeaderEpoch();
            if (known != null && known.hasPartition(partition) && known.isNewer(partition, each)) {
                leaders[partition] = known.leaders[partition];
                epochs[partition] = known.epochs[partition];
            }
            if (each.getKeyHigh() > each.getKeyLow()) {
                lows[partition] = (int) each.getKeyLow();
            }
        }
        KeyRanges ranges = topic.getPlacement() == Placement.RANGES ? KeyRanges.of(lows) : null;
        return new TopicImage(topic.getName(), topic.getId(), topic.getPlacement(), ranges, leaders, epochs, nowNanos);
    }

    /** A lower epoch is old news; a broker that knows of no leader says nothing. */
    private boolean isNewer(int partition, PartitionDescription described) {
        return described.getLeaderEpoch() < epochs[partition] || described.getLeader() < 0;
    }

    public int partitionCount() {
        return leaders.length;
    }

    public boolean hasPartition(int partition) {
        return partition >= 0 && partition < leaders.length;
    }

    /** The partition of a key; -1 where the topic leaves the choice to the producer. */
    public int partitionOf(byte[] key) {
        if (ranges != null) {
            return ranges.partitionOfHash(KeyHash.murmur2(key));
        }
        return placement == Placement.MODULO ? KeyHash.modulo(KeyHash.murmur2(key), leaders.length) : -1;
    }

    public @Nullable BrokerAddress leader(int partition) {
        return hasPartition(partition) ? leaders[partition] : null;
    }

    TopicImage withLeader(int partition, @Nullable BrokerAddress leader) {
        @Nullable BrokerAddress[] changed = leaders.clone();
        changed[partition] = leader;
        return new TopicImage(name, id, placement, ranges, changed, epochs, fetchedAtNanos);
    }
}
