package io.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.error.ErrorCode;
import io.millrace.record.BatchBuilder;
import io.millrace.record.BatchHeader;
import io.millrace.record.Compression;
import io.millrace.v1.Placement;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ConsumerTest {
    private static final TopicPartition P0 = new TopicPartition("t", 0);
    private static final TopicPartition P1 = new TopicPartition("t", 1);

    private FakeBroker broker;
    private MillraceClient client;

    @BeforeEach
    void connect() {
        broker = new FakeBroker();
        broker.topic("t", 3, Placement.RANGES);
        client = Millrace.connect(broker.address());
    }

    @AfterEach
    void disconnect() {
        client.close();
        broker.close();
    }

    /** Batches of so many records each, record n with value "v" + n at time 1000 + n. */
    private void fill(int partition, int from, int to, int batchRecords) {
        BatchBuilder builder = new BatchBuilder(1000);
        for (int i = from; i < to; ) {
            builder.clear();
            for (int k = 0; k < batchRecords && i < to; k++, i++) {
                builder.append(1000 + i, null, ("v" + i).getBytes(StandardCharsets.UTF_8));
            }
            ByteBuffer built = builder.build(Compression.NONE);
            byte[] bytes = new byte[built.remaining()];
            built.get(bytes);
            broker.with("t", partition, each -> each.append(bytes));
        }
    }

    private static List<String> values(List<ConsumerRecord> records) {
        return records.stream()
                .map(each -> each.value() == null ? "null" : new String(each.value(), StandardCharsets.UTF_8))
                .toList();
    }

    private static List<ConsumerRecord> read(Consumer consumer, int count) {
        List<ConsumerRecord> all = new ArrayList<>();
        while (all.size() < count) {
            all.addAll(consumer.poll(Duration.ofSeconds(10)));
        }
        assertThat(all).hasSize(count);
        return all;
    }

    @Test
    void readsFromTheStartInOrder() {
        fill(0, 0, 1000, 7);
        try (Consumer consumer = client.newConsumer()) {
            consumer.assign(List.of(P0));
            List<ConsumerRecord> records = read(consumer, 1000);
            for (int i = 0; i < 1000; i++) {
                ConsumerRecord each = records.get(i);
                assertThat(each.offset()).isEqualTo(i);
                assertThat(each.timestampMillis()).isEqualTo(1000 + i);
                assertThat(each.leaderEpoch()).isEqualTo(7);
                assertThat(each.topicPartition()).isEqualTo(P0);
            }
            assertThat(values(records)).startsWith("v0").endsWith("v999");
            assertThat(consumer.position(P0)).isEqualTo(1000);
        }
    }

    @Test
    void readsAllPartitionsOfATopicBeyondThePrefetchBound() {
        for (int partition = 0; partition < 3; partition++) {
            fill(partition, 0, 20_000, 100);
        }
        ConsumerConfig config = ConsumerConfig.builder()
                .prefetchBytes(64 << 10)
                .fetchBytes(8 << 10)
                .partitionFetchBytes(4 << 10)
                .maxPollRecords(777)
                .build();
        try (Consumer consumer = client.newConsumer(config)) {
            consumer.assign("t");
            long[] next = new long[3];
            for (ConsumerRecord each : read(consumer, 60_000)) {
                assertThat(each.offset()).isEqualTo(next[each.partition()]++);
            }
        }
    }

    @Test
    void returnsAtMostWhatIsAskedForAndGoesOnWithinABatch() {
        fill(0, 0, 100, 100);
        try (Consumer consumer =
                client.newConsumer(ConsumerConfig.builder().maxPollRecords(30).build())) {
            consumer.assign(List.of(P0));
            assertThat(values(consumer.poll(Duration.ofSeconds(5)))).hasSize(30).endsWith("v29");
            assertThat(consumer.position(P0)).isEqualTo(30);
            assertThat(values(consumer.poll(Duration.ofSeconds(5)))).hasSize(30).startsWith("v30");
        }
    }

    @Test
    void dropsRecordsOfTheFirstBatchBelowTheOffset() {
        fill(0, 0, 100, 10);
        try (Consumer consumer = client.newConsumer()) {
            consumer.assign(List.of(P0));
            consumer.seek(P0, 37);
            assertThat(values(read(consumer, 63))).startsWith("v37");
            consumer.seek(P0, 95);
            assertThat(values(read(consumer, 5))).startsWith("v95");
        }
    }

    @Test
    void seeksWhileRecordsAreFetchedAhead() {
        fill(0, 0, 5000, 10);
        try (Consumer consumer =
                client.newConsumer(ConsumerConfig.builder().maxPollRecords(3).build())) {
            consumer.assign(List.of(P0));
            for (int i = 0; i < 50; i++) {
                long offset = (i * 997L) % 4990;
                consumer.seek(P0, offset);
                assertThat(consumer.poll(Duration.ofSeconds(5)).get(0).offset()).isEqualTo(offset);
            }
        }
    }

    @Test
    void seeksToTimeStartAndEnd() {
        fill(0, 0, 100, 10);
        fill(1, 0, 10, 10);
        try (Consumer consumer = client.newConsumer()) {
            consumer.assign(List.of(P0, P1));
            consumer.seekToTime(P0, Instant.ofEpochMilli(1050));
            assertThat(consumer.position(P0)).isEqualTo(50);
            consumer.seekToTime(P0, Instant.ofEpochMilli(99_999));
            assertThat(consumer.position(P0)).isEqualTo(100);
            consumer.seekToEnd(List.of());
            assertThat(consumer.position(P1)).isEqualTo(10);
            assertThat(consumer.poll(Duration.ofMillis(50))).isEmpty();
            consumer.seekToStart(List.of(P0));
            assertThat(values(read(consumer, 100))).startsWith("v0");
            assertThat(consumer.startOffsets(List.of(P0, P1))).isEqualTo(Map.of(P0, 0L, P1, 0L));
            assertThat(consumer.endOffsets(List.of(P0, P1))).isEqualTo(Map.of(P0, 100L, P1, 10L));
        }
    }

    @Test
    void waitsForRecordsThatComeLater() throws Exception {
        try (Consumer consumer = client.newConsumer()) {
            consumer.assign("t");
            assertThat(consumer.poll(Duration.ofMillis(30))).isEmpty();
            Thread later = new Thread(() -> fill(1, 0, 5, 5));
            later.start();
            assertThat(values(read(consumer, 5))).containsExactly("v0", "v1", "v2", "v3", "v4");
            later.join();
        }
    }

    @Test
    void tellsTheLag() {
        fill(0, 0, 100, 10);
        try (Consumer consumer =
                client.newConsumer(ConsumerConfig.builder().maxPollRecords(40).build())) {
            consumer.assign(List.of(P0, P1));
            assertThat(consumer.lag()).isEqualTo(Map.of(P0, 100L, P1, 0L));
            consumer.poll(Duration.ofSeconds(5));
            assertThat(consumer.lag()).containsEntry(P0, 60L);
        }
    }

    @Test
    void neverShowsControlBatches() {
        fill(0, 0, 10, 10);
        BatchBuilder builder = new BatchBuilder(100);
        builder.append(1, new byte[4], new byte[6]);
        ByteBuffer control = builder.build(Compression.NONE);
        control.putShort(BatchHeader.CRC_COVERS_FROM, (short) 0x20);
        CRC32C crc = new CRC32C();
        crc.update(control.slice(BatchHeader.CRC_COVERS_FROM, control.limit() - BatchHeader.CRC_COVERS_FROM));
        control.putInt(BatchHeader.CRC_COVERS_FROM - Integer.BYTES, (int) crc.getValue());
        byte[] bytes = new byte[control.limit()];
        control.get(0, bytes);
        broker.with("t", 0, each -> each.append(bytes));
        fill(0, 11, 20, 10);
        try (Consumer consumer = client.newConsumer()) {
            consumer.assign(List.of(P0));
            assertThat(read(consumer, 19))
                    .extracting(ConsumerRecord::offset)
                    .doesNotContain(10L)
                    .contains(9L, 11L);
        }
    }

    @Test
    void throwsWhatIsLostAndStaysUntilTheCallerSeeks() {
        fill(0, 0, 100, 10);
        broker.with("t", 0, each -> each.trimTo(50));
        try (Consumer consumer = client.newConsumer()) {
            consumer.assign(List.of(P0));
            consumer.seek(P0, 20);
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> consumer.poll(Duration.ofSeconds(5)))
                        .isInstanceOfSatisfying(OffsetOutOfRangeException.class, e -> {
                            assertThat(e.logStart()).isEqualTo(50);
                            assertThat(e.logEnd()).isEqualTo(100);
                            assertThat(e.lostFrom()).isEqualTo(20);
                            assertThat(e.lostTo()).isEqualTo(50);
                        });
                assertThat(consumer.position(P0)).isEqualTo(20);
            }
            consumer.seek(P0, 50);
            assertThat(values(read(consumer, 50))).startsWith("v50");
        }
    }

    @Test
    void jumpsOnlyWhereThePolicySaysSo() {
        fill(0, 0, 100, 10);
        broker.with("t", 0, each -> each.trimTo(50));
        ConsumerConfig config = ConsumerConfig.builder()
                .outOfRange(ConsumerConfig.OutOfRange.START)
                .build();
        try (Consumer consumer = client.newConsumer(config)) {
            consumer.assign(List.of(P0));
            consumer.seek(P0, 20);
            assertThat(values(read(consumer, 50))).startsWith("v50");
        }
    }

    @Test
    void handsOutWhatComesBeforeADamageAndGoesOnBehindIt() {
        fill(0, 0, 100, 10);
        broker.with("t", 0, each -> each.corrupt(40, 50));
        try (Consumer consumer = client.newConsumer()) {
            consumer.assign(List.of(P0));
            assertThat(values(read(consumer, 40))).endsWith("v39");
            assertThatThrownBy(() -> consumer.poll(Duration.ofSeconds(5)))
                    .isInstanceOfSatisfying(CorruptDataException.class, e -> {
                        assertThat(e.corruptFrom()).isEqualTo(40);
                        assertThat(e.resumeAt()).isEqualTo(50);
                        consumer.seek(P0, e.resumeAt());
                    });
            assertThat(values(read(consumer, 50))).startsWith("v50");
        }
    }

    @Test
    void neverHandsOutABatchWhoseBytesChanged() {
        fill(0, 0, 30, 10);
        broker.with("t", 0, each -> each.damageBatchOf(15));
        try (Consumer consumer = client.newConsumer()) {
            consumer.assign(List.of(P0));
            assertThat(values(read(consumer, 10))).endsWith("v9");
            assertThatThrownBy(() -> consumer.poll(Duration.ofSeconds(5)))
                    .isInstanceOfSatisfying(CorruptDataException.class, e -> {
                        assertThat(e.corruptFrom()).isEqualTo(10);
                        assertThat(e.resumeAt()).isEqualTo(20);
                        consumer.seek(P0, e.resumeAt());
                    });
            assertThat(values(read(consumer, 10))).startsWith("v20");
        }
    }

    @Test
    void goesOnAfterTheBrokerWasAway() throws Exception {
        fill(0, 0, 10, 10);
        try (Consumer consumer = client.newConsumer()) {
            consumer.assign(List.of(P0));
            read(consumer, 10);
            broker.kill();
            assertThat(consumer.poll(Duration.ofMillis(200))).isEmpty();
            assertThat(consumer.trouble(P0)).isPresent();
            broker.restart();
            fill(0, 10, 20, 10);
            assertThat(values(read(consumer, 10))).startsWith("v10");
            assertThat(consumer.trouble(P0)).isEmpty();
        }
    }

    @Test
    void retriesWhatMayMendItself() {
        fill(0, 0, 10, 10);
        broker.refuseFetch(ErrorCode.SHARD_UNAVAILABLE);
        try (Consumer consumer = client.newConsumer()) {
            consumer.assign(List.of(P0));
            assertThat(consumer.poll(Duration.ofMillis(150))).isEmpty();
            assertThat(consumer.trouble(P0))
                    .hasValueSatisfying(each -> assertThat(each.isRetryable()).isTrue());
            broker.refuseFetch(null);
            assertThat(read(consumer, 10)).hasSize(10);
        }
    }

    @Test
    void wakesUpFromAnotherThread() throws Exception {
        try (Consumer consumer = client.newConsumer()) {
            consumer.assign(List.of(P0));
            Thread waker = new Thread(consumer::wakeup);
            waker.start();
            assertThat(consumer.poll(Duration.ofSeconds(20))).isEmpty();
            waker.join();
        }
    }

    @Test
    void fetchesNothingWhilePaused() {
        fill(0, 0, 10, 10);
        fill(1, 0, 10, 10);
        try (Consumer consumer = client.newConsumer()) {
            consumer.assign(List.of(P0, P1));
            consumer.pause(List.of(P0));
            assertThat(read(consumer, 10)).extracting(ConsumerRecord::partition).containsOnly(1);
            consumer.resume(List.of(P0));
            assertThat(read(consumer, 10)).extracting(ConsumerRecord::partition).containsOnly(0);
        }
    }

    @Test
    void refusesUnknownTopicPartitionAndWhatIsNotAssigned() {
        try (Consumer consumer = client.newConsumer()) {
            assertThatThrownBy(() -> consumer.assign("nowhere"))
                    .isInstanceOfSatisfying(
                            InvalidRequestException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.UNKNOWN_TOPIC));
            assertThatThrownBy(() -> consumer.assign(List.of(new TopicPartition("t", 3))))
                    .isInstanceOfSatisfying(
                            InvalidRequestException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.UNKNOWN_PARTITION));
            assertThatThrownBy(() -> consumer.seek(P0, 1)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(consumer::commit).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void keepsPositionsOfWhatStaysAssigned() {
        fill(0, 0, 10, 10);
        fill(1, 0, 10, 10);
        try (Consumer consumer = client.newConsumer()) {
            consumer.assign(List.of(P0));
            read(consumer, 10);
            consumer.assign(List.of(P0, P1));
            assertThat(read(consumer, 10)).extracting(ConsumerRecord::partition).containsOnly(1);
            assertThat(consumer.position(P0)).isEqualTo(10);
            consumer.assign(List.of(P1));
            assertThat(consumer.assignment()).isEqualTo(Set.of(P1));
        }
    }

    @Test
    void resumesAGroupWhereItCommitted() {
        fill(0, 0, 100, 10);
        try (Consumer first =
                client.newConsumer(ConsumerConfig.builder().maxPollRecords(30).build())) {
            Map<TopicPartition, ClaimedPosition> claimed = first.claim("g", List.of(P0, P1), StartAt.start());
            assertThat(claimed.get(P0)).isEqualTo(new ClaimedPosition(0, 1, 0, 100, 0, 0));
            first.poll(Duration.ofSeconds(5));
            first.commit();
        }
        assertThat(client.admin().positions("g", "t"))
                .satisfiesExactly(
                        each -> {
                            assertThat(each.position()).isEqualTo(30);
                            assertThat(each.origin()).isEqualTo(GroupPosition.Origin.COMMITTED);
                            assertThat(each.lag()).hasValue(70);
                        },
                        each -> assertThat(each.position()).isZero(),
                        each -> {
                            assertThat(each.position()).isEqualTo(-1);
                            assertThat(each.origin()).isEqualTo(GroupPosition.Origin.NONE);
                            assertThat(each.lag()).isEmpty();
                        });
        try (Consumer second = client.newConsumer()) {
            second.claim("g", List.of(P0), StartAt.start());
            assertThat(values(read(second, 70))).startsWith("v30");
            second.commit(Map.of(P0, 50L));
            assertThat(client.positions().of("g", "t").get(0).position()).isEqualTo(50);
        }
    }

    @Test
    void fencesTheEarlierOwnerInReadAndCommit() {
        fill(0, 0, 10, 10);
        try (Consumer zombie = client.newConsumer();
                Consumer owner = client.newConsumer()) {
            zombie.claim("g", List.of(P0), StartAt.start());
            read(zombie, 10);
            owner.claim("g", List.of(P0), StartAt.start());
            assertThatThrownBy(zombie::commit)
                    .isInstanceOfSatisfying(
                            FencedException.class,
                            e -> assertThat(e.ownerEpoch()).isEqualTo(2));
            assertThatThrownBy(() -> zombie.poll(Duration.ofSeconds(5))).isInstanceOf(FencedException.class);
            assertThat(read(owner, 10)).hasSize(10);
            owner.commit();
        }
    }

    @Test
    void tellsWhatRetentionTookFromAGroup() {
        fill(0, 0, 100, 10);
        try (Consumer consumer = client.newConsumer()) {
            consumer.claim("g", List.of(P0), StartAt.start());
            broker.with("t", 0, each -> each.trimTo(30));
            assertThat(consumer.claim("g", List.of(P0), StartAt.start()).values())
                    .singleElement()
                    .satisfies(claimed -> assertThat(claimed.lostRecords()).isEqualTo(30));
            assertThat(values(read(consumer, 70))).startsWith("v30");
        }
    }

    @Test
    void pollAfterCloseIsCancelled() {
        Consumer consumer = client.newConsumer();
        consumer.assign(List.of(P0));
        consumer.seek(P0, 0);
        consumer.close();
        assertThatThrownBy(() -> consumer.poll(Duration.ofSeconds(5))).isInstanceOf(CancelledException.class);
    }
}
