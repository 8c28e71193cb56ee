package io.millrace.replication.peer;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pushes, pulls and announcements between brokers that behave. */
@Timeout(60)
class PeerStreamsTest {
    private static final long TEN_SECONDS = SECONDS.toNanos(10);

    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : opened) {
            each.close();
        }
    }

    private TestBroker broker(int id) throws IOException {
        TestBroker broker = new TestBroker(id);
        opened.add(broker);
        return broker;
    }

    private static void pair(TestBroker a, TestBroker b) {
        a.connectTo(b);
        b.connectTo(a);
        await().until(() ->
                a.streams.connected().contains(b.id) && b.streams.connected().contains(a.id));
    }

    private static byte[] pulled(TestBroker from, int broker, PayloadId id) throws Exception {
        ReceivedPayload payload = from.streams.pull(broker, id, TEN_SECONDS).get(20, SECONDS);
        assertThat(payload).isNotNull();
        assertThat(payload.id()).isEqualTo(id);
        return TestBroker.take(payload);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 43, 44, 45, 4_096, 16_383, 16_384, 1 << 20, (1 << 20) + 1, 16 << 20, 20 << 20})
    void pushesAndPulls(int length) throws Exception {
        TestBroker a = broker(1);
        TestBroker b = broker(2);
        pair(a, b);
        PayloadId pushed = a.add(1, 1, length, 7);
        PayloadId asked = a.add(1, 2, length, 7);

        a.push(2, pushed);
        byte[] answer = pulled(b, 1, asked);

        await().until(() -> b.received.containsKey(pushed));
        assertThat(b.received.get(pushed)).isEqualTo(a.payloads.get(pushed));
        assertThat(answer).isEqualTo(a.payloads.get(asked));
        assertThat(b.streams.heldBytes()).isZero();
        assertThat(a.stats(2).sentBytes()).isEqualTo(length);
        assertThat(b.stats(1).receivedBytes()).isEqualTo(length);
        assertThat(b.stats(1).pullsAnswered()).isEqualTo(1);
    }

    @Test
    void carriesShardsInTheOrderOfEach() throws Exception {
        TestBroker a = broker(1);
        TestBroker b = broker(2);
        pair(a, b);
        List<PayloadId> sent = new ArrayList<>();
        for (int index = 1; index <= 200; index++) {
            for (int shard = 1; shard <= 2; shard++) {
                sent.add(a.add(shard, index, 1 + index * 317 * shard, 3));
            }
        }

        sent.forEach(id -> a.push(2, id));

        await().until(() -> b.arrivals.size() == sent.size());
        assertThat(b.arrivals).isEqualTo(sent);
        assertThat(b.received).containsExactlyInAnyOrderEntriesOf(a.payloads);
    }

    @Test
    void deliversWhatIsPushedTwiceTwice() throws Exception {
        TestBroker a = broker(1);
        TestBroker b = broker(2);
        pair(a, b);
        PayloadId id = a.add(1, 1, 1_000, 5);

        a.push(2, id);
        a.push(2, id);

        await().until(() -> b.arrivals.size() == 2);
        assertThat(b.arrivals).containsExactly(id, id);
    }

    @Test
    void skipsWhatIsNoLongerThere() throws Exception {
        TestBroker a = broker(1);
        TestBroker b = broker(2);
        pair(a, b);
        PayloadId gone = new PayloadId(1, 1, 1);
        PayloadId there = a.add(1, 2, 1_000, 5);

        a.streams.push(2, gone, 10, 0);
        a.push(2, there);

        await().until(() -> b.received.containsKey(there));
        assertThat(b.arrivals).containsExactly(there);
        assertThat(a.stats(2).droppedGone()).isEqualTo(1);
        assertThat(b.streams.pull(1, gone, TEN_SECONDS).get(20, SECONDS)).isNull();
        assertThat(b.stats(1).pullsNone()).isEqualTo(1);
    }

    @Test
    void failsAPullOfANonPeerAtOnceAndASlowOneInTime() throws Exception {
        TestBroker a = broker(1);
        TestBroker b = broker(2);
        pair(a, b);
        PayloadId id = a.add(1, 1, 1_000, 5);
        assertThatThrownBy(() -> b.streams.pull(9, id, TEN_SECONDS).get())
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(IOException.class);

        CountDownLatch gate = new CountDownLatch(1);
        a.copyGate = gate;
        assertThatThrownBy(() -> b.streams.pull(1, id, 1_000_000).get(20, SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(IOException.class);
        gate.countDown();

        // The late answer is skipped, and the stream goes on.
        assertThat(pulled(b, 1, id)).isEqualTo(a.payloads.get(id));
        assertThat(b.streams.heldBytes()).isZero();
        assertThat(b.stats(1).pullsFailed()).isEqualTo(1);
    }

    @Test
    void boundsThePullsUnderWay() throws Exception {
        TestBroker a = broker(1);
        TestBroker b = broker(2);
        pair(a, b);
        PayloadId id = a.add(1, 1, 1_000, 5);
        CountDownLatch gate = new CountDownLatch(1);
        a.copyGate = gate;
        int limit = PeerLimits.standard().pulls();
        List<CompletableFuture<?>> pulls = new ArrayList<>();
        for (int i = 0; i < limit; i++) {
            pulls.add(b.streams.pull(1, id, TEN_SECONDS).thenAccept(ReceivedPayload::close));
        }

        assertThat(b.streams.pull(1, id, TEN_SECONDS)).isCompletedExceptionally();
        gate.countDown();

        CompletableFuture.allOf(pulls.toArray(CompletableFuture[]::new)).get(20, SECONDS);
        assertThat(pulled(b, 1, id)).isEqualTo(a.payloads.get(id));
    }

    @Test
    void announcesNowAndToWhoeverConnects() throws Exception {
        TestBroker a = broker(1);
        TestBroker b = broker(2);
        ShardLeader first = new ShardLeader(1, 5, 1);
        ShardLeader newer = new ShardLeader(1, 7, 1);
        ShardLeader other = new ShardLeader(2, 3, 1);
        a.streams.announce(first);
        pair(a, b);
        await().until(() -> b.leaders.equals(List.of(first)));

        a.streams.announce(newer);
        a.streams.announce(other);
        await().until(() -> b.leaders.equals(List.of(first, newer, other)));
        a.streams.announce(first); // late: the newest is said again
        await().until(() -> b.leaders.equals(List.of(first, newer, other, newer)));

        a.streams.retract(2);
        b.leaders.clear();
        a.streams.connectTo(Map.of());
        await().until(() -> a.streams.connected().isEmpty());
        a.connectTo(b);
        await().until(() -> b.leaders.equals(List.of(newer)));

        assertThatThrownBy(() -> a.streams.announce(new ShardLeader(1, 8, 2)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void closesWithPullsUnderWayAndLeavesNoThread() throws Exception {
        TestBroker a = broker(31);
        TestBroker b = broker(32);
        pair(a, b);
        PayloadId id = a.add(1, 1, 1_000, 5);
        CountDownLatch gate = new CountDownLatch(1);
        a.copyGate = gate;
        CompletableFuture<?> pull = b.streams.pull(31, id, SECONDS.toNanos(100));
        await().until(() -> b.stats(31).pullsAsked() == 1);

        b.close();

        assertThatThrownBy(() -> pull.get(0, SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(IOException.class);
        assertThatThrownBy(() -> b.streams.pull(31, id, TEN_SECONDS).get(1, SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(IOException.class);
        awaitNoThreadOf(32);
        a.close();
        awaitNoThreadOf(31);
        assertThat(b.events).containsExactly("connected 31", "disconnected 31");
    }

    /** A pool has ended a moment before its threads have. */
    private static void awaitNoThreadOf(int broker) {
        await().untilAsserted(() -> assertThat(threadsOf(broker)).isEmpty());
    }

    private static List<String> threadsOf(int broker) {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.contains("-b" + broker + "-"))
                .toList();
    }
}
