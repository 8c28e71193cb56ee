package io.millrace.client;

import com.google.protobuf.ByteString;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.v1.Endpoint;
import io.millrace.v1.Placement;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the {@link FakeBroker}s of a cluster share: the committed logs, positions, and who leads what. Used under {@link #lock}. */
final class FakeState {
    /** Leads nothing, for a partition without a leader. */
    static final int NOBODY = -1;

    final Object lock = new Object();
    final Map<String, FakeTopic> topics = new LinkedHashMap<>();
    final Map<String, FakePosition> positions = new HashMap<>();
    final List<FakeBroker> brokers = new ArrayList<>();

    static final class FakeTopic {
        final ByteString id;
        final Placement placement;
        final List<FakePartition> partitions = new ArrayList<>();
        final List<Leader> leaders = new ArrayList<>();

        FakeTopic(int count, Placement placement, long number, int brokers) {
            this.id = ByteString.copyFrom(
                    ByteBuffer.allocate(16).putLong(8, number).array());
            this.placement = placement;
            for (int i = 0; i < count; i++) {
                partitions.add(new FakePartition());
                leaders.add(new Leader(i % brokers + 1, 7));
            }
        }
    }

    static final class FakePosition {
        long position;
        long ownerEpoch;
        boolean committed;
    }

    /** Broker ids count from 1. */
    record Leader(int broker, int epoch) {}

    void topic(String name, int partitions, Placement placement, long number) {
        topics.put(name, new FakeTopic(partitions, placement, number, brokers.size()));
    }

    FakeTopic find(String topic) {
        FakeTopic found = topics.get(topic);
        if (found == null) {
            throw Fault.of(ErrorCode.UNKNOWN_TOPIC, "topic/" + topic, "no topic " + topic)
                    .asException();
        }
        return found;
    }

    FakePartition partition(String topic, int partition) {
        FakeTopic found = find(topic);
        if (partition < 0 || partition >= found.partitions.size()) {
            throw Fault.of(ErrorCode.UNKNOWN_PARTITION, "topic/" + topic + "/" + partition, "no such partition")
                    .asException();
        }
        return found.partitions.get(partition);
    }

    Leader leader(String topic, int partition) {
        partition(topic, partition);
        return find(topic).leaders.get(partition);
    }

    /** Another leads from now on, under the next epoch; whoever waits at the old one is told. */
    void lead(String topic, int partition, int broker) {
        find(topic)
                .leaders
                .set(partition, new Leader(broker, leader(topic, partition).epoch() + 1));
        changed();
    }

    /** Records or leaders changed: those who wait may have an answer. */
    void changed() {
        brokers.forEach(FakeBroker::answerParked);
    }

    Endpoint endpoint(int broker) {
        return brokers.get(broker - 1).endpoint();
    }
}
