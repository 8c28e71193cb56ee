package io.millrace.broker.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.metadata.ClusterImage.NewTopic;
import io.millrace.broker.metadata.ClusterImage.Outcome;
import io.millrace.error.ErrorCode;
import io.millrace.storage.index.MemoryRows;
import io.millrace.testing.Seeds;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ClusterImageTest {
    private static final UUID CLUSTER = new UUID(1, 1);

    static ClusterImage formed(int dataShards) {
        List<ShardEntry> shards = new java.util.ArrayList<>();
        shards.add(new ShardEntry(0, ShardEntry.Kind.METADATA, List.of(1)));
        for (int id = 1; id <= dataShards; id++) {
            shards.add(new ShardEntry(id, ShardEntry.Kind.DATA, List.of(1)));
        }
        return changed(ClusterImage.EMPTY.form(CLUSTER, shards));
    }

    static NewTopic topic(long id, String name, int partitions) {
        return new NewTopic(new UUID(2, id), "", name, partitions, 1, Placement.RANGES, Map.of(), Map.of(), List.of());
    }

    static ClusterImage changed(Outcome outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Changed.class);
        return ((Outcome.Changed) outcome).image();
    }

    static ErrorCode refused(Outcome outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Refused.class);
        return ((Outcome.Refused) outcome).fault().code();
    }

    @Test
    void formsOnceAndKeepsItsCluster() {
        ClusterImage image = formed(3);
        assertThat(image.slots()).hasSize(ClusterImage.SLOTS).containsOnly(1, 2, 3);
        List<ShardEntry> shards = List.copyOf(image.shards().values());
        assertThat(image.form(CLUSTER, shards)).isEqualTo(new Outcome.Unchanged());
        assertThat(refused(image.form(new UUID(9, 9), shards))).isEqualTo(ErrorCode.WRONG_CLUSTER);
    }

    @Test
    void laysPartitionsOnTheShardsThatCarryTheFewest() {
        ClusterImage image = changed(formed(3).create(topic(1, "a", 4)));
        image = changed(image.create(topic(2, "b", 5)));
        Map<Integer, Integer> load = new TreeMap<>();
        image.topics()
                .values()
                .forEach(topic ->
                        topic.partitions().forEach(partition -> load.merge(partition.shard(), 1, Integer::sum)));
        assertThat(load).isEqualTo(Map.of(1, 3, 2, 3, 3, 3));
    }

    @Test
    void aTopicGoesThroughItsStatesAndKeepsItsNameUntilItIsGone() {
        NewTopic wanted = topic(1, "a", 1);
        ClusterImage image = changed(formed(1).create(wanted));
        assertThat(refused(image.create(topic(2, "a", 1)))).isEqualTo(ErrorCode.TOPIC_ALREADY_EXISTS);
        assertThat(image.create(wanted)).isEqualTo(new Outcome.Unchanged());
        assertThat(refused(image.gone(wanted.id()))).isEqualTo(ErrorCode.INVALID_REQUEST);
        image = changed(image.ready(wanted.id()));
        assertThat(image.ready(wanted.id())).isEqualTo(new Outcome.Unchanged());
        image = changed(image.delete(wanted.id()));
        assertThat(image.delete(wanted.id())).isEqualTo(new Outcome.Unchanged());
        assertThat(refused(image.ready(wanted.id()))).isEqualTo(ErrorCode.UNKNOWN_TOPIC);
        assertThat(refused(image.alter(wanted.id(), Map.of(), List.of()))).isEqualTo(ErrorCode.UNKNOWN_TOPIC);
        assertThat(refused(image.create(topic(2, "a", 1)))).isEqualTo(ErrorCode.TOPIC_ALREADY_EXISTS);
        image = changed(image.gone(wanted.id()));
        assertThat(image.gone(wanted.id())).isEqualTo(new Outcome.Unchanged());
        image = changed(image.create(topic(2, "a", 1)));
        assertThat(image.topicIds()).containsEntry("a", new UUID(2, 2));
    }

    @Test
    void refusesMoreReplicasThanBrokers() {
        NewTopic wanted = new NewTopic(new UUID(2, 1), "", "a", 1, 3, Placement.RANGES, Map.of(), Map.of(), List.of());
        assertThat(refused(formed(1).create(wanted))).isEqualTo(ErrorCode.REPLICATION_UNSUPPORTED);
    }

    @Test
    void neverGivesAProducerIdTwice() {
        ClusterImage image = formed(1);
        long next = 0;
        for (int i = 0; i < 100; i++) {
            Outcome.Changed taken = (Outcome.Changed) image.takeProducerIds(i + 1);
            assertThat(taken.producerIds()).isEqualTo(next);
            next += i + 1;
            image = taken.image();
        }
        assertThat(refused(image.takeProducerIds(0))).isEqualTo(ErrorCode.INVALID_REQUEST);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "a b", "a/b", "ä", "a\n", "__own"})
    void refusesIllegalNames(String name) {
        assertThat(refused(formed(1).create(topic(1, name, 1)))).isEqualTo(ErrorCode.INVALID_TOPIC_NAME);
    }

    @Test
    void takesNamesUpToTheirLimit() {
        assertThat(TopicName.fault("x".repeat(249))).isNull();
        assertThat(TopicName.fault("x".repeat(250))).isNotNull();
        assertThat(TopicName.fault("a-Z_0.9")).isNull();
    }

    /** Random changes against a plain map of topics; after each, rows written by difference read back as the same image. */
    @Seeds(40)
    void followsASimpleModelAndItsRows(long seed) {
        Random random = new Random(seed);
        ClusterImage image = formed(1 + random.nextInt(4));
        MemoryRows rows = new MemoryRows();
        MetadataRows.write(rows, ClusterImage.EMPTY, image);
        Map<String, Topic.State> model = new HashMap<>();
        long producers = 0;
        for (int step = 0; step < 300; step++) {
            String name = "t" + random.nextInt(8);
            Topic known = image.topic(name);
            Outcome outcome = switch (random.nextInt(7)) {
                case 0, 1 -> image.create(topic(random.nextLong(), name, 1 + random.nextInt(9)));
                case 2 -> image.ready(idOf(known));
                case 3 -> image.delete(idOf(known));
                case 4 -> image.gone(idOf(known));
                case 5 -> image.alter(idOf(known), Map.of("k", "v" + random.nextInt(3)), List.of("j"));
                default -> image.takeProducerIds(1 + random.nextInt(5));
            };
            if (outcome instanceof Outcome.Changed change) {
                MetadataRows.write(rows, image, change.image());
                image = change.image();
                if (change.producerIds() >= 0) {
                    assertThat(change.producerIds()).isEqualTo(producers);
                    producers = image.nextProducerId();
                } else {
                    Topic now = image.topic(name);
                    Topic.State before = model.get(name);
                    if (now == null) {
                        assertThat(before).isEqualTo(Topic.State.DELETING);
                        model.remove(name);
                    } else {
                        if (before == null) {
                            assertThat(now.state()).isEqualTo(Topic.State.CREATING);
                        }
                        model.put(name, now.state());
                    }
                }
            }
            assertThat(MetadataRows.read(rows)).isEqualTo(image);
        }
        Map<String, Topic.State> names = new HashMap<>();
        image.topics().values().forEach(topic -> names.put(topic.name(), topic.state()));
        assertThat(names).isEqualTo(model);
    }

    private static UUID idOf(@Nullable Topic topic) {
        return topic == null ? new UUID(0, 0) : topic.id();
    }
}
