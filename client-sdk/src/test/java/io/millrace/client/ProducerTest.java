package io.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.error.Effect;
import io.millrace.error.ErrorCode;
import io.millrace.record.Compression;
import io.millrace.record.KeyHash;
import io.millrace.record.KeyRanges;
import io.millrace.record.LogRecord;
import io.millrace.v1.Endpoint;
import io.millrace.v1.Placement;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(30)
class ProducerTest {
    private FakeBroker broker;
    private MillraceClient client;

    @BeforeEach
    void connect() {
        broker = new FakeBroker();
        broker.topic("t", 4, Placement.RANGES);
        client = Millrace.connect(broker.address());
    }

    @AfterEach
    void disconnect() {
        client.close();
        broker.close();
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private List<String> values(int partition) {
        return broker.records("t", partition).stream()
                .map(each -> new String(each.value(), StandardCharsets.UTF_8))
                .toList();
    }

    private static ProducerRecord to(int partition, String value) {
        return ProducerRecord.of("t", utf8(value)).toPartition(partition);
    }

    @Test
    void acknowledgesWithTheOffsetOfEachRecord() {
        try (Producer producer = client.newProducer()) {
            List<CompletableFuture<RecordMetadata>> acks = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                acks.add(producer.send(to(2, "v" + i).atTime(5000 + i)));
            }
            for (int i = 0; i < 1000; i++) {
                assertThat(acks.get(i).join()).isEqualTo(new RecordMetadata("t", 2, i, 5000 + i, false));
            }
        }
        assertThat(values(2)).hasSize(1000).startsWith("v0", "v1").endsWith("v999");
    }

    @Test
    void letsTheCallerReuseItsArraysAfterSend() {
        byte[] value = new byte[3];
        try (Producer producer = client.newProducer()) {
            for (int i = 0; i < 100; i++) {
                value[0] = (byte) i;
                producer.send(ProducerRecord.of("t", value).toPartition(0), (metadata, error) -> {});
            }
            producer.flush();
        }
        List<LogRecord> records = broker.records("t", 0);
        for (int i = 0; i < 100; i++) {
            assertThat(records.get(i).value()).isEqualTo(new byte[] {(byte) i, 0, 0});
        }
    }

    @Test
    void keepsKeyHeadersNullsAndTimestamp() {
        try (Producer producer = client.newProducer()) {
            producer.send(new ProducerRecord(
                            "t", 1, 42L, utf8("k"), null, List.of(Header.of("h", "x"), new Header("n", null))))
                    .join();
        }
        LogRecord stored = broker.records("t", 1).get(0);
        assertThat(stored.timestamp()).isEqualTo(42);
        assertThat(stored.key()).isEqualTo(utf8("k"));
        assertThat(stored.value()).isNull();
        assertThat(stored.headers()).extracting(each -> each.key()).containsExactly("h", "n");
        assertThat(stored.headers().get(1).value()).isNull();
    }

    @Test
    void choosesThePartitionByTheKeysRange() {
        KeyRanges ranges = KeyRanges.even(4);
        try (Producer producer = client.newProducer()) {
            for (int i = 0; i < 100; i++) {
                byte[] key = utf8("key" + i);
                assertThat(producer.send(ProducerRecord.of("t", key, key))
                                .join()
                                .partition())
                        .isEqualTo(ranges.partitionOfHash(KeyHash.murmur2(key)));
            }
        }
    }

    @Test
    void choosesThePartitionByModuloWhereTheTopicSaysSo() {
        broker.topic("m", 7, Placement.MODULO);
        try (Producer producer = client.newProducer()) {
            for (int i = 0; i < 100; i++) {
                byte[] key = utf8("key" + i);
                assertThat(producer.send(ProducerRecord.of("m", key, key))
                                .join()
                                .partition())
                        .isEqualTo(KeyHash.modulo(KeyHash.murmur2(key), 7));
            }
        }
    }

    @Test
    void refusesARecordWithoutPartitionWhereTheTopicLeavesItToTheClient() {
        broker.topic("c", 2, Placement.CLIENT);
        try (Producer producer = client.newProducer()) {
            assertThatThrownBy(() -> producer.send(ProducerRecord.of("c", utf8("k"), utf8("v"))))
                    .isInstanceOfSatisfying(
                            InvalidRequestException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST));
            assertThat(producer.send(ProducerRecord.of("c", utf8("v")).toPartition(1))
                            .join()
                            .partition())
                    .isEqualTo(1);
        }
    }

    @Test
    void spreadsRecordsWithoutKeyOverAllPartitions() {
        try (Producer producer = client.newProducer()) {
            for (int i = 0; i < 40; i++) {
                producer.send(ProducerRecord.of("t", utf8("v"))).join();
            }
        }
        for (int partition = 0; partition < 4; partition++) {
            assertThat(values(partition)).hasSize(10);
        }
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void compressesBatches(Compression compression) {
        ProducerConfig config =
                ProducerConfig.builder().compression(compression).build();
        try (Producer producer = client.newProducer(config)) {
            for (int i = 0; i < 500; i++) {
                producer.send(to(0, "value " + i), (metadata, error) -> {});
            }
            producer.flush();
        }
        assertThat(values(0)).hasSize(500).endsWith("value 499");
        broker.with(
                "t",
                0,
                partition -> assertThat(partition.headers())
                        .allSatisfy(each -> assertThat(each.compression()).isEqualTo(compression)));
    }

    @Test
    void gathersWhatComesWhileRequestsAreUnanswered() {
        broker.script((topic, partition, attempt) -> new FakeBroker.Act.Append(20, 0));
        try (Producer producer = client.newProducer()) {
            for (int i = 0; i < 5000; i++) {
                producer.send(to(0, "v" + i), (metadata, error) -> {});
            }
            producer.flush();
        }
        assertThat(values(0)).hasSize(5000);
        assertThat(broker.produceRequests.get()).isLessThan(10);
    }

    @Test
    void refusesUnknownTopicAndPartitionAtOnce() {
        try (Producer producer = client.newProducer()) {
            assertThatThrownBy(() -> producer.send(ProducerRecord.of("nowhere", utf8("v"))))
                    .isInstanceOfSatisfying(
                            InvalidRequestException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.UNKNOWN_TOPIC));
            assertThatThrownBy(() -> producer.send(to(4, "v")))
                    .isInstanceOfSatisfying(
                            InvalidRequestException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.UNKNOWN_PARTITION));
        }
    }

    @Test
    void refusesARecordThatIsTooLargeBeforeSending() {
        ProducerConfig config = ProducerConfig.builder().maxBatchBytes(10_000).build();
        try (Producer producer = client.newProducer(config)) {
            assertThatThrownBy(() -> producer.send(ProducerRecord.of("t", new byte[10_000])))
                    .isInstanceOfSatisfying(InvalidRequestException.class, e -> {
                        assertThat(e.code()).isEqualTo(ErrorCode.BATCH_TOO_LARGE);
                        assertThat(e.effect()).isEqualTo(Effect.NOT_WRITTEN);
                        assertThat(e.isRetryable()).isFalse();
                    });
        }
        assertThat(broker.produceRequests.get()).isZero();
    }

    @Test
    void sendsARecordLargerThanABatchAlone() {
        ProducerConfig config = ProducerConfig.builder().batchBytes(2000).build();
        try (Producer producer = client.newProducer(config)) {
            producer.send(ProducerRecord.of("t", new byte[100]).toPartition(0), (metadata, error) -> {});
            producer.send(ProducerRecord.of("t", new byte[1_000_000]).toPartition(0), (metadata, error) -> {});
            producer.send(ProducerRecord.of("t", new byte[100]).toPartition(0)).join();
        }
        assertThat(values(0)).extracting(String::length).containsExactly(100, 1_000_000, 100);
    }

    @Test
    void blocksWhenTheBufferIsFullAndThenFailsWithATypedError() {
        broker.script((topic, partition, attempt) -> new FakeBroker.Act.Silence(false));
        ProducerConfig config = ProducerConfig.builder()
                .bufferBytes(1 << 20)
                .maxBlock(Duration.ofMillis(100))
                .build();
        Producer producer = client.newProducer(config);
        AtomicInteger taken = new AtomicInteger();
        assertThatThrownBy(() -> {
                    while (true) {
                        producer.send(ProducerRecord.of("t", new byte[1000]).toPartition(0), (metadata, error) -> {});
                        taken.incrementAndGet();
                    }
                })
                .isInstanceOfSatisfying(RetriableException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.OVERLOADED);
                    assertThat(e.effect()).isEqualTo(Effect.NOT_WRITTEN);
                });
        assertThat(taken.get()).isBetween(400, 1048);
        producer.close(Duration.ofMillis(10));
    }

    @Test
    void goesOnWhenRoomComesFree() {
        broker.script((topic, partition, attempt) -> new FakeBroker.Act.Append(5, 0));
        ProducerConfig config = ProducerConfig.builder()
                .bufferBytes(1 << 20)
                .batchBytes(1 << 16)
                .build();
        try (Producer producer = client.newProducer(config)) {
            for (int i = 0; i < 10_000; i++) {
                producer.send(ProducerRecord.of("t", new byte[1000]).toPartition(i % 4), (metadata, error) -> {});
            }
        }
        assertThat(values(0)).hasSize(2500);
    }

    @Test
    void storesEachRecordOnceWhenStreamsBreakAfterTheAppend() {
        broker.script((topic, partition, attempt) ->
                attempt % 3 == 1 ? new FakeBroker.Act.Drop(true) : FakeBroker.Act.APPEND);
        try (Producer producer = client.newProducer()) {
            for (int i = 0; i < 200; i++) {
                producer.send(to(0, "v" + i)).join();
            }
        }
        assertThat(values(0)).hasSize(200).doesNotHaveDuplicates();
    }

    @Test
    void reportsACopyAsDuplicateWithTheFirstOffset() {
        broker.script((topic, partition, attempt) -> attempt == 1
                ? new FakeBroker.Act.Append(0, ErrorCode.UNKNOWN_OUTCOME.number())
                : FakeBroker.Act.APPEND);
        try (Producer producer = client.newProducer()) {
            assertThat(producer.send(to(0, "a").atTime(1)).join()).isEqualTo(new RecordMetadata("t", 0, 0, 1, true));
            assertThat(producer.send(to(0, "b").atTime(2)).join()).isEqualTo(new RecordMetadata("t", 0, 1, 2, false));
        }
    }

    @Test
    void retriesAfterNoAnswerComesInTime() {
        broker.script(
                (topic, partition, attempt) -> attempt == 1 ? new FakeBroker.Act.Silence(true) : FakeBroker.Act.APPEND);
        ProducerConfig config =
                ProducerConfig.builder().requestTimeout(Duration.ofMillis(200)).build();
        try (Producer producer = client.newProducer(config)) {
            assertThat(producer.send(to(0, "a")).join().duplicate()).isTrue();
        }
        assertThat(values(0)).containsExactly("a");
    }

    @Test
    void storesABatchOnceWhoseAnswerIsLostWhileLaterOnesAreAnswered() {
        broker.script(
                (topic, partition, attempt) -> attempt == 2 ? new FakeBroker.Act.Silence(true) : FakeBroker.Act.APPEND);
        ProducerConfig config = ProducerConfig.builder()
                .requestTimeout(Duration.ofMillis(500))
                .batchBytes(1024)
                .build();
        try (Producer producer = client.newProducer(config)) {
            producer.send(to(0, "first")).join();
            List<CompletableFuture<RecordMetadata>> acks = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                acks.add(producer.send(ProducerRecord.of("t", new byte[1000]).toPartition(0)));
            }
            for (int i = 0; i < 50; i++) {
                assertThat(acks.get(i).join().offset()).isEqualTo(1 + i);
            }
        }
        assertThat(broker.records("t", 0)).hasSize(51);
    }

    @Test
    void failsAsIndeterminateWhenTheDeliveryTimePassesAfterASend() {
        broker.script((topic, partition, attempt) -> new FakeBroker.Act.Silence(true));
        ProducerConfig config = ProducerConfig.builder()
                .requestTimeout(Duration.ofSeconds(5))
                .deliveryTimeout(Duration.ofMillis(300))
                .build();
        try (Producer producer = client.newProducer(config)) {
            assertThatThrownBy(() -> producer.send(to(0, "a")).join())
                    .isInstanceOf(CompletionException.class)
                    .cause()
                    .isInstanceOfSatisfying(
                            IndeterminateException.class,
                            e -> assertThat(e.effect()).isEqualTo(Effect.UNKNOWN));
        }
    }

    @Test
    void goesOnUnderTheNextEpochAfterABatchWasRefusedForGood() {
        broker.script((topic, partition, attempt) -> attempt == 2
                ? new FakeBroker.Act.Refuse(ErrorCode.BATCH_TOO_LARGE, Effect.NOT_WRITTEN)
                : FakeBroker.Act.APPEND);
        try (Producer producer = client.newProducer()) {
            producer.send(to(0, "a")).join();
            assertThatThrownBy(() -> producer.send(to(0, "b")).join())
                    .cause()
                    .isInstanceOf(InvalidRequestException.class);
            producer.send(to(0, "c")).join();
            producer.send(to(0, "d")).join();
        }
        assertThat(values(0)).containsExactly("a", "c", "d");
        broker.with(
                "t",
                0,
                partition -> assertThat(partition.headers())
                        .extracting(each -> (int) each.producerEpoch())
                        .containsExactly(0, 1, 1));
        assertThat(broker.sessionsOpened.get()).isOne();
    }

    @Test
    void goesOnUnderANewSessionWhenTheBrokerForgotTheProducer() {
        try (Producer producer = client.newProducer()) {
            producer.send(to(0, "a")).join();
            broker.with("t", 0, FakePartition::forgetProducers);
            producer.send(to(0, "b")).join();
            producer.send(to(0, "c")).join();
        }
        assertThat(values(0)).containsExactly("a", "b", "c");
    }

    @Test
    void isIndeterminateWhenTheBrokerForgotTheProducerAfterALostAnswer() {
        try (Producer producer = client.newProducer()) {
            producer.send(to(0, "a")).join();
            broker.script((topic, partition, attempt) -> {
                if (attempt == 2) {
                    return new FakeBroker.Act.Append(0, ErrorCode.UNKNOWN_OUTCOME.number());
                }
                return FakeBroker.Act.APPEND;
            });
            CompletableFuture<RecordMetadata> unsure = producer.send(to(0, "b"));
            while (values(0).size() < 2) {
                Thread.onSpinWait();
            }
            broker.with("t", 0, FakePartition::forgetProducers);
            assertThatThrownBy(unsure::join).cause().isInstanceOf(IndeterminateException.class);
            producer.send(to(0, "c")).join();
        }
        assertThat(values(0)).containsExactly("a", "b", "c");
    }

    @Test
    void followsTheLeaderThatTheBrokerNames() {
        try (FakeBroker other = new FakeBroker()) {
            other.topic("t", 4, Placement.RANGES);
            broker.notLeader(Endpoint.newBuilder()
                    .setHost("127.0.0.1")
                    .setPort(Integer.parseInt(other.address().split(":")[1]))
                    .build());
            try (Producer producer = client.newProducer()) {
                producer.send(to(0, "a")).join();
            }
            assertThat(other.records("t", 0)).hasSize(1);
            assertThat(values(0)).isEmpty();
        }
    }

    @Test
    void survivesARestartOfTheBroker() throws Exception {
        try (Producer producer = client.newProducer()) {
            producer.send(to(0, "a")).join();
            broker.kill();
            CompletableFuture<RecordMetadata> ack = producer.send(to(0, "b"));
            assertThatThrownBy(() -> ack.get(100, TimeUnit.MILLISECONDS))
                    .isInstanceOf(java.util.concurrent.TimeoutException.class);
            broker.restart();
            assertThat(ack.get(10, TimeUnit.SECONDS).offset()).isEqualTo(1);
        }
        assertThat(values(0)).containsExactly("a", "b");
    }

    @Test
    void failsWhatIsUnansweredWhenClosedInTime() {
        broker.script((topic, partition, attempt) -> new FakeBroker.Act.Silence(false));
        Producer producer = client.newProducer();
        CompletableFuture<RecordMetadata> ack = producer.send(to(0, "a"));
        while (broker.produceRequests.get() == 0) {
            Thread.onSpinWait();
        }
        producer.close(Duration.ofMillis(50));
        assertThatThrownBy(ack::join).cause().isInstanceOf(IndeterminateException.class);
        assertThatThrownBy(() -> producer.send(to(0, "b"))).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void failsWhatNeverLeftAsCancelledWhenClosed() throws Exception {
        broker.kill();
        try (MillraceClient alone = Millrace.connect(broker.address())) {
            Producer producer = alone.newProducer(
                    ProducerConfig.builder().maxBlock(Duration.ofMillis(200)).build());
            assertThatThrownBy(() -> producer.send(to(0, "a"))).isInstanceOf(RetriableException.class);
            producer.close(Duration.ofMillis(10));
        }
    }

    @Test
    void flushWaitsForAllCallbacks() {
        broker.script((topic, partition, attempt) -> new FakeBroker.Act.Append(10, 0));
        AtomicInteger told = new AtomicInteger();
        try (Producer producer = client.newProducer()) {
            for (int round = 1; round <= 5; round++) {
                for (int i = 0; i < 100; i++) {
                    producer.send(to(i % 4, "v"), (metadata, error) -> told.incrementAndGet());
                }
                producer.flush();
                assertThat(told.get()).isEqualTo(round * 100);
            }
        }
    }

    @Test
    void refusesToWaitInACallback() throws Exception {
        CountDownLatch told = new CountDownLatch(1);
        List<Throwable> thrown = new ArrayList<>();
        try (Producer producer = client.newProducer()) {
            producer.send(to(0, "a"), (metadata, error) -> {
                try {
                    producer.flush();
                } catch (IllegalStateException e) {
                    thrown.add(e);
                } finally {
                    told.countDown();
                }
            });
            assertThat(told.await(5, TimeUnit.SECONDS)).isTrue();
            assertThat(thrown).hasSize(1);
            producer.send(to(0, "b")).join();
        }
    }

    @Test
    void aCallbackThatThrowsDisturbsNobody() {
        try (Producer producer = client.newProducer()) {
            producer.send(to(0, "a"), (metadata, error) -> {
                throw new IllegalStateException("on purpose");
            });
            assertThat(producer.send(to(0, "b")).join().offset()).isEqualTo(1);
        }
    }

    @Test
    void keepsTheOrderOfEachThreadsSends() throws Exception {
        int threads = 8;
        int each = 2000;
        try (Producer producer = client.newProducer()) {
            List<Thread> senders = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                int number = t;
                Thread sender = new Thread(() -> {
                    for (int i = 0; i < each; i++) {
                        producer.send(to(i % 2, number + ":" + i), (metadata, error) -> {});
                    }
                });
                senders.add(sender);
                sender.start();
            }
            for (Thread sender : senders) {
                sender.join();
            }
        }
        for (int partition = 0; partition < 2; partition++) {
            int[] last = new int[threads];
            java.util.Arrays.fill(last, -1);
            List<String> stored = values(partition);
            assertThat(stored).hasSize(threads * each / 2);
            for (String value : stored) {
                int thread = Integer.parseInt(value.substring(0, value.indexOf(':')));
                int number = Integer.parseInt(value.substring(value.indexOf(':') + 1));
                assertThat(number).isGreaterThan(last[thread]);
                last[thread] = number;
            }
        }
    }

    @Test
    void failsQueuedRecordsOfADeletedTopicAndResolvesItAnew() {
        try (Producer producer = client.newProducer()) {
            producer.send(to(0, "a")).join();
            broker.deleteTopic("t");
            broker.topic("t", 2, Placement.RANGES);
            assertThatThrownBy(() -> producer.send(to(0, "b")).join())
                    .cause()
                    .isInstanceOfSatisfying(
                            InvalidRequestException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.UNKNOWN_TOPIC));
            assertThat(producer.send(to(0, "c")).join().offset()).isZero();
        }
        assertThat(values(0)).containsExactly("c");
    }
}
