package io.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.error.ErrorCode;
import io.millrace.v1.Placement;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The way to the leader, and back to it when it changes, with three brokers. Partition p of the topic is led by broker p + 1 at first. */
@Timeout(60)
class ClusterTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    private final FakeState state = new FakeState();
    private final List<FakeBroker> brokers = new ArrayList<>();
    private MillraceClient client;

    @BeforeEach
    void connect() {
        for (int i = 0; i < 3; i++) {
            brokers.add(new FakeBroker(state));
        }
        brokers.get(0).topic("t", 3, Placement.RANGES);
        client = Millrace.connect(bootstrap());
    }

    @AfterEach
    void disconnect() {
        client.close();
        brokers.forEach(FakeBroker::close);
    }

    private String bootstrap() {
        return brokers.get(0).address() + "," + brokers.get(1).address() + ","
                + brokers.get(2).address();
    }

    private FakeBroker broker(int id) {
        return brokers.get(id - 1);
    }

    private void lead(int partition, int broker) {
        synchronized (state.lock) {
            state.lead("t", partition, broker);
        }
    }

    private static ProducerRecord to(int partition, String value) {
        return ProducerRecord.of("t", value.getBytes(StandardCharsets.UTF_8)).toPartition(partition);
    }

    private List<String> values(int partition) {
        return broker(1).records("t", partition).stream()
                .map(each -> new String(each.value(), StandardCharsets.UTF_8))
                .toList();
    }

    private static RecordMetadata ack(CompletableFuture<RecordMetadata> sent) throws Exception {
        return sent.get(LONG.toSeconds(), TimeUnit.SECONDS);
    }

    private static List<String> read(Consumer consumer, int count) {
        List<String> values = new ArrayList<>();
        long deadline = System.nanoTime() + LONG.toNanos();
        while (values.size() < count && System.nanoTime() < deadline) {
            consumer.poll(Duration.ofMillis(200))
                    .forEach(each -> values.add(new String(each.value(), StandardCharsets.UTF_8)));
        }
        return values;
    }

    private int produceRequests() {
        return brokers.stream().mapToInt(each -> each.produceRequests.get()).sum();
    }

    @Test
    void sendsToTheLeaderOfEachPartition() throws Exception {
        try (Producer producer = client.newProducer()) {
            for (int partition = 0; partition < 3; partition++) {
                ack(producer.send(to(partition, "a")));
            }
        }
        assertThat(brokers)
                .allSatisfy(each -> assertThat(each.produceRequests.get()).isOne());
    }

    @Test
    void goesAtOnceToTheLeaderThatIsNamed() throws Exception {
        try (Producer producer = client.newProducer(ProducerConfig.builder()
                .retryBackoff(Duration.ofSeconds(40))
                .retryBackoffMax(Duration.ofSeconds(40))
                .build())) {
            ack(producer.send(to(0, "a")));
            lead(0, 2);
            // A pause before the retry would outlast the test.
            ack(producer.send(to(0, "b")));
            lead(0, 3);
            ack(producer.send(to(0, "c")));
        }
        assertThat(values(0)).containsExactly("a", "b", "c");
    }

    @Test
    void brokersThatNameEachOtherAreNotAskedWithoutEnd() throws Exception {
        try (Producer producer = client.newProducer(ProducerConfig.builder()
                .retryBackoff(Duration.ofMillis(100))
                .retryBackoffMax(Duration.ofMillis(100))
                .build())) {
            ack(producer.send(to(0, "a")));
            broker(1).notLeader(broker(2).endpoint());
            broker(2).notLeader(broker(1).endpoint());
            int before = produceRequests();
            CompletableFuture<RecordMetadata> sent = producer.send(to(0, "b"));
            assertThatThrownBy(() -> sent.get(1, TimeUnit.SECONDS))
                    .isInstanceOf(java.util.concurrent.TimeoutException.class);
            // Two at once, then a pair for each pause of 50 to 100 ms.
            assertThat(produceRequests() - before).isBetween(4, 60);
            broker(1).notLeader(null);
            broker(2).notLeader(null);
            ack(sent);
        }
        assertThat(values(0)).containsExactly("a", "b");
    }

    @Test
    void callsDoNotGoRoundInACircleWithoutEnd() {
        brokers.forEach(each -> each.notLeader(broker(each == broker(1) ? 2 : 1).endpoint()));
        MillraceClient impatient = new MillraceClient(ClientConfig.builder()
                .bootstrap(bootstrap())
                .requestTimeout(Duration.ofMillis(500))
                .build());
        try (impatient) {
            assertThatThrownBy(() -> impatient.admin().offsets(List.of(new TopicPartition("t", 0)), StartAt.end()))
                    .isInstanceOfAny(NotLeaderException.class, RetriableException.class);
        }
    }

    @Test
    void findsTheLeaderWithoutAHint() throws Exception {
        brokers.forEach(each -> each.hints(false));
        try (Producer producer = client.newProducer();
                Consumer consumer = client.newConsumer()) {
            consumer.assign("t");
            ack(producer.send(to(0, "a")));
            assertThat(read(consumer, 1)).containsExactly("a");
            lead(0, 3);
            ack(producer.send(to(0, "b")));
            assertThat(read(consumer, 1)).containsExactly("b");
        }
    }

    @Test
    void waitsForALeaderWhereThereIsNone() throws Exception {
        try (Producer producer = client.newProducer();
                Consumer consumer = client.newConsumer()) {
            consumer.assign("t");
            ack(producer.send(to(0, "a")));
            assertThat(read(consumer, 1)).containsExactly("a");
            lead(0, FakeState.NOBODY);
            CompletableFuture<RecordMetadata> sent = producer.send(to(0, "b"));
            assertThatThrownBy(() -> sent.get(500, TimeUnit.MILLISECONDS))
                    .isInstanceOf(java.util.concurrent.TimeoutException.class);
            assertThat(consumer.poll(Duration.ofMillis(50))).isEmpty();
            assertThat(consumer.trouble(new TopicPartition("t", 0))).get().isInstanceOf(NotLeaderException.class);
            // Other partitions are not held up.
            ack(producer.send(to(1, "x")));
            assertThat(read(consumer, 1)).containsExactly("x");
            lead(0, 2);
            ack(sent);
            assertThat(read(consumer, 1)).containsExactly("b");
        }
    }

    @Test
    void pollFailsWhereTheTroubleLastsLongerThanAllowed() throws Exception {
        ConsumerConfig config = ConsumerConfig.builder()
                .maxWait(Duration.ofMillis(50))
                .troubleTimeout(Duration.ofMillis(300))
                .build();
        try (Producer producer = client.newProducer();
                Consumer consumer = client.newConsumer(config)) {
            consumer.assign("t");
            ack(producer.send(to(0, "a")));
            assertThat(read(consumer, 1)).containsExactly("a");
            lead(0, FakeState.NOBODY);
            assertThatThrownBy(() -> consumer.poll(LONG)).isInstanceOf(NotLeaderException.class);
            lead(0, 2);
            ack(producer.send(to(0, "b")));
            String next = "";
            while (next.isEmpty()) {
                try {
                    next = String.join(",", read(consumer, 1));
                } catch (NotLeaderException e) {
                    assertThat(e.code()).isEqualTo(ErrorCode.NOT_LEADER);
                }
            }
            assertThat(next).isEqualTo("b");
        }
    }

    @Test
    void theDeliveryTimeBoundsTheWaitForALeader() throws Exception {
        try (Producer producer = client.newProducer(
                ProducerConfig.builder().deliveryTimeout(Duration.ofMillis(400)).build())) {
            ack(producer.send(to(0, "a")));
            lead(0, FakeState.NOBODY);
            CompletableFuture<RecordMetadata> sent = producer.send(to(0, "b"));
            assertThatThrownBy(() -> ack(sent))
                    .cause()
                    .isInstanceOf(RetriableException.class)
                    .hasMessageContaining("NOT_LEADER");
            lead(0, 2);
            ack(producer.send(to(0, "c")));
        }
        assertThat(values(0)).containsExactly("a", "c");
    }

    @Test
    void leavesADeadLeader() throws Exception {
        try (Producer producer = client.newProducer();
                Consumer consumer = client.newConsumer()) {
            consumer.assign("t");
            ack(producer.send(to(0, "a")));
            assertThat(read(consumer, 1)).containsExactly("a");
            broker(1).kill();
            CompletableFuture<RecordMetadata> sent = producer.send(to(0, "b"));
            assertThatThrownBy(() -> sent.get(300, TimeUnit.MILLISECONDS))
                    .isInstanceOf(java.util.concurrent.TimeoutException.class);
            lead(0, 2);
            ack(sent);
            assertThat(read(consumer, 1)).containsExactly("b");
        }
    }

    @Test
    void leavesALeaderThatAnswersNothing() throws Exception {
        // Far longer than the test may take: only the silence can make it leave.
        ProducerConfig patient = ProducerConfig.builder()
                .requestTimeout(Duration.ofMinutes(5))
                .deliveryTimeout(Duration.ofMinutes(10))
                .build();
        try (Producer producer = client.newProducer(patient);
                Consumer consumer = client.newConsumer()) {
            consumer.assign("t");
            ack(producer.send(to(0, "a")));
            assertThat(read(consumer, 1)).containsExactly("a");
            broker(1).freeze();
            List<CompletableFuture<RecordMetadata>> sent = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                sent.add(producer.send(to(0, "b" + i)));
            }
            lead(0, 2);
            for (CompletableFuture<RecordMetadata> each : sent) {
                ack(each);
            }
            assertThat(read(consumer, 20)).hasSize(20).startsWith("b0").endsWith("b19");
            // What the old leader held back comes too late to be stored.
            broker(1).thaw();
            ack(producer.send(to(0, "c")));
            assertThat(read(consumer, 1)).containsExactly("c");
        }
        assertThat(values(0)).hasSize(22).doesNotHaveDuplicates();
    }

    @Test
    void livesOnLearntBrokersWhenTheWholeBootstrapListIsGone() throws Exception {
        client.close();
        client = Millrace.connect(broker(1).address());
        try (Producer producer = client.newProducer();
                Consumer consumer = client.newConsumer()) {
            consumer.assign("t");
            ack(producer.send(to(0, "a")));
            assertThat(read(consumer, 1)).containsExactly("a");
            lead(0, 2);
            broker(1).kill();
            ack(producer.send(to(0, "b")));
            assertThat(read(consumer, 1)).containsExactly("b");
            broker(3).topic("later", 3, Placement.RANGES);
            assertThat(client.admin().listTopics())
                    .extracting(TopicDescription::name)
                    .contains("later");
            assertThat(consumer.endOffsets(consumer.assignment())).containsEntry(new TopicPartition("t", 0), 2L);
        }
    }

    @Test
    void aClientThatOnlyAdministersLearnsTheBrokersToo() throws Exception {
        client.close();
        client = Millrace.connect(broker(1).address());
        assertThat(client.admin().listTopics()).hasSize(1);
        long deadline = System.nanoTime() + LONG.toNanos();
        while (broker(1).describeClusterCalls.get() == 0 && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        broker(1).kill();
        assertThat(client.admin().listTopics()).hasSize(1);
    }

    @Test
    void oneReachableBootstrapBrokerIsEnough() throws Exception {
        broker(1).kill();
        broker(3).kill();
        for (int partition = 0; partition < 3; partition++) {
            lead(partition, 2);
        }
        for (int i = 0; i < 5; i++) {
            try (MillraceClient each = Millrace.connect(bootstrap());
                    Producer producer = each.newProducer()) {
                ack(producer.send(to(0, "a")));
            }
        }
        assertThat(values(0)).hasSize(5);
    }

    @Test
    void clientsDoNotAllBeginAtTheFirstBootstrapBroker() {
        for (int i = 0; i < 40; i++) {
            try (MillraceClient each = Millrace.connect(bootstrap())) {
                each.admin().describeCluster();
            }
        }
        // That one of three is never drawn in 40 times has a chance of 3 * (2/3)^40, about 3 in 10 million.
        assertThat(brokers)
                .allSatisfy(each -> assertThat(each.describeClusterCalls.get()).isPositive());
    }

    @Test
    void aLeaderChangeOfManyPartitionsIsAskedForOnce() throws Exception {
        broker(1).topic("wide", 60, Placement.RANGES);
        brokers.forEach(each -> each.hints(false));
        try (Producer producer = client.newProducer()) {
            for (int partition = 0; partition < 60; partition++) {
                ack(producer.send(ProducerRecord.of("wide", new byte[1]).toPartition(partition)));
            }
            int before = describeCalls();
            synchronized (state.lock) {
                for (int partition = 0; partition < 60; partition += 3) {
                    state.lead("wide", partition, 2);
                }
            }
            List<CompletableFuture<RecordMetadata>> sent = new ArrayList<>();
            for (int partition = 0; partition < 60; partition++) {
                sent.add(producer.send(ProducerRecord.of("wide", new byte[1]).toPartition(partition)));
            }
            for (CompletableFuture<RecordMetadata> each : sent) {
                ack(each);
            }
            assertThat(describeCalls() - before).isBetween(1, 10);
        }
    }

    private int describeCalls() {
        return brokers.stream()
                .mapToInt(each -> each.describeClusterCalls.get())
                .sum();
    }

    @Test
    void anAnswerUnderALowerEpochIsOldNews() throws Exception {
        try (Producer producer = client.newProducer()) {
            ack(producer.send(to(0, "a")));
            lead(0, 2);
            lead(0, 3);
            ack(producer.send(to(0, "b")));
            assertThat(client.admin().describeTopic("t").partitions().get(0).leaderEpoch())
                    .isEqualTo(9);
        }
        try (Consumer consumer = client.newConsumer()) {
            consumer.assign("t");
            List<Integer> epochs = new ArrayList<>();
            while (epochs.size() < 2) {
                consumer.poll(Duration.ofSeconds(5)).forEach(each -> epochs.add(each.leaderEpoch()));
            }
            assertThat(epochs).containsExactly(7, 9);
        }
    }

    @Test
    void claimsCommitsAndPositionsFollowTheLeader() {
        List<TopicPartition> all =
                List.of(new TopicPartition("t", 0), new TopicPartition("t", 1), new TopicPartition("t", 2));
        try (Consumer consumer = client.newConsumer()) {
            assertThat(consumer.claim("g", all, StartAt.start())).hasSize(3);
            lead(0, 2);
            lead(1, 3);
            lead(2, 1);
            consumer.commit(Map.of(all.get(0), 0L, all.get(1), 0L, all.get(2), 0L));
            lead(0, 3);
            assertThat(client.admin().positions("g", "t"))
                    .extracting(GroupPosition::origin)
                    .containsExactly(
                            GroupPosition.Origin.COMMITTED,
                            GroupPosition.Origin.COMMITTED,
                            GroupPosition.Origin.COMMITTED);
            brokers.forEach(each -> each.hints(false));
            lead(0, 1);
            lead(1, 2);
            assertThat(consumer.claim("g", all, StartAt.start())).hasSize(3);
        }
    }

    @Test
    void aForwardedClientTalksToItsBootstrapBrokersAlone() throws Exception {
        try (MillraceClient forwarded = new MillraceClient(ClientConfig.builder()
                        .bootstrap(broker(2).address())
                        .forward(true)
                        .build());
                Producer producer = forwarded.newProducer(ProducerConfig.builder()
                        .deliveryTimeout(Duration.ofMillis(300))
                        .build())) {
            ack(producer.send(to(1, "a")));
            // These fakes do not forward; what matters is that nobody else is asked.
            assertThatThrownBy(() -> ack(producer.send(to(0, "b"))))
                    .cause()
                    .isInstanceOfSatisfying(
                            MillraceException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED));
        }
        assertThat(broker(1).produceRequests.get()).isZero();
        assertThat(broker(3).produceRequests.get()).isZero();
    }
}
