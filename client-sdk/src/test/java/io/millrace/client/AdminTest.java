package io.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.error.Effect;
import io.millrace.error.ErrorCode;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class AdminTest {

    @Test
    void createsListsDescribesAndDeletesTopics() {
        try (FakeBroker broker = new FakeBroker();
                MillraceClient client = Millrace.connect(broker.address())) {
            Admin admin = client.admin();
            TopicDescription made = admin.createTopic(NewTopic.of("b", 3).placedBy(Placement.MODULO));
            assertThat(made.placement()).isEqualTo(Placement.MODULO);
            assertThat(made.id()).hasSize(32);
            admin.createTopic(NewTopic.of("a", 1));
            assertThat(admin.listTopics()).extracting(TopicDescription::name).containsExactly("a", "b");
            assertThat(admin.describeTopic("b").partitions()).hasSize(3);
            assertThat(admin.describeCluster().brokers())
                    .singleElement()
                    .satisfies(each -> assertThat(each.host()).isEqualTo("127.0.0.1"));
            assertThat(admin.offsets(List.of(new TopicPartition("a", 0)), StartAt.end()))
                    .isEqualTo(Map.of(new TopicPartition("a", 0), new FoundOffset(0, 0, 0, 0)));
            admin.deleteTopic("b");
            assertThatThrownBy(() -> admin.describeTopic("b"))
                    .isInstanceOfSatisfying(InvalidRequestException.class, e -> {
                        assertThat(e.code()).isEqualTo(ErrorCode.UNKNOWN_TOPIC);
                        assertThat(e.resource()).isEqualTo("topic/b");
                    });
            assertThatThrownBy(() -> admin.createTopic(NewTopic.of("a", 1)))
                    .isInstanceOfSatisfying(
                            InvalidRequestException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.TOPIC_ALREADY_EXISTS));
        }
    }

    @Test
    void failsWithinTheRequestTimeoutWhereNobodyListens() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        ClientConfig config = ClientConfig.of("127.0.0.1:" + port).toBuilder()
                .requestTimeout(Duration.ofMillis(300))
                .build();
        try (MillraceClient client = Millrace.connect(config)) {
            long start = System.nanoTime();
            assertThatThrownBy(() -> client.admin().listTopics())
                    .isInstanceOfSatisfying(RetriableException.class, e -> {
                        assertThat(e.code()).isEqualTo(ErrorCode.SHARD_UNAVAILABLE);
                        assertThat(e.effect()).isEqualTo(Effect.NOT_WRITTEN);
                        assertThat(e.resource()).isEqualTo("broker/127.0.0.1:" + port);
                    });
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
        }
    }

    @Test
    void asksTheNextBrokerWhereOneIsDown() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        try (FakeBroker broker = new FakeBroker();
                MillraceClient client = Millrace.connect("127.0.0.1:" + port + "," + broker.address())) {
            assertThat(client.admin().listTopics()).isEmpty();
        }
    }

    @Test
    void isCancelledWhereTheThreadIsInterrupted() throws Exception {
        try (ServerSocket mute = new ServerSocket(0);
                MillraceClient client = Millrace.connect("127.0.0.1:" + mute.getLocalPort())) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> client.admin().listTopics()).isInstanceOf(CancelledException.class);
            assertThat(Thread.interrupted()).isTrue();
        }
    }
}
