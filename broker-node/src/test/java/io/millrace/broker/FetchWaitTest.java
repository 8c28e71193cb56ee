package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.millrace.v1.ClaimPart;
import io.millrace.v1.ClaimRequest;
import io.millrace.v1.ErrorCode;
import io.millrace.v1.FetchPart;
import io.millrace.v1.FetchRequest;
import io.millrace.v1.FetchResponse;
import io.millrace.v1.GroupFence;
import io.millrace.v1.PublishRecord;
import io.millrace.v1.PublishRequest;
import io.millrace.v1.PublishResponse;
import io.millrace.v1.StartPoint;
import io.millrace.v1.SubscribeRequest;
import io.millrace.v1.SubscribeResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Readers that wait: woken by what is applied, never answered early, cut short by a stop. */
final class FetchWaitTest {
    @TempDir
    static Path directory;

    private static TestBroker broker;

    @BeforeAll
    static void start() {
        broker = TestBroker.start(directory);
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static FetchRequest fetch(String topic, long offset, int minBytes, int waitMillis) {
        return FetchRequest.newBuilder()
                .setMaxBytes(1 << 20)
                .setMinBytes(minBytes)
                .setMaxWaitMillis(waitMillis)
                .addParts(
                        FetchPart.newBuilder().setTopic(topic).setOffset(offset).setMaxBytes(1 << 20))
                .addParts(FetchPart.newBuilder().setTopic(topic).setPartition(1).setMaxBytes(1 << 20))
                .build();
    }

    @Test
    void wakesWhenRecordsAreApplied() {
        broker.createTopic("woken", 2);
        try (FetchCall reader = new FetchCall(broker);
                ProduceCall writer = new ProduceCall(broker)) {
            reader.sendOnly(fetch("woken", 0, 1, 60_000));
            writer.send(ProduceFetchTest.batch("woken", 1, "a"));
            FetchResponse response = reader.next();
            assertThat(ProduceFetchTest.values(response.getResults(1))).containsExactly("a");
            assertThat(response.getResults(0).getBatches()).isEmpty();
        }
    }

    @Test
    void waitsForTheBytesAskedForAndNoLongerThanAsked() {
        broker.createTopic("patient", 2);
        try (FetchCall reader = new FetchCall(broker);
                ProduceCall writer = new ProduceCall(broker)) {
            writer.send(ProduceFetchTest.batch("patient", 0, "a"));
            long begin = System.nanoTime();
            FetchResponse response = reader.send(fetch("patient", 0, 100_000, 300));
            assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(300_000_000L);
            assertThat(ProduceFetchTest.values(response.getResults(0))).containsExactly("a");

            reader.sendOnly(fetch("patient", 0, 100_000, 60_000));
            assertThat(reader.waiting()).isZero();
            writer.send(ProduceFetchTest.batch("patient", 0, "x".repeat(120_000)));
            assertThat(ProduceFetchTest.values(reader.next().getResults(0))).hasSize(2);
        }
    }

    @Test
    void answersErrorsAtOnce() {
        try (FetchCall reader = new FetchCall(broker)) {
            assertThat(reader.send(fetch("missing", 0, 1, 60_000))
                            .getResults(0)
                            .getError()
                            .getCode())
                    .isEqualTo(ErrorCode.UNKNOWN_TOPIC);
        }
    }

    @Test
    void fencesAReaderWhoseEpochIsOver() {
        broker.createTopic("owned", 1);
        assertThat(claim()).isEqualTo(1);
        try (FetchCall reader = new FetchCall(broker);
                ProduceCall writer = new ProduceCall(broker)) {
            FetchRequest request = FetchRequest.newBuilder()
                    .setMaxBytes(1 << 20)
                    .setMaxWaitMillis(60_000)
                    .addParts(FetchPart.newBuilder()
                            .setTopic("owned")
                            .setMaxBytes(1 << 20)
                            .setFence(GroupFence.newBuilder().setGroup("team").setOwnerEpoch(1)))
                    .build();
            reader.sendOnly(request);
            assertThat(claim()).isEqualTo(2);
            writer.send(ProduceFetchTest.batch("owned", 0, "a"));
            FetchResponse response = reader.next();
            assertThat(response.getResults(0).getError().getCode()).isEqualTo(ErrorCode.FENCED);
            assertThat(response.getResults(0).getBatches()).isEmpty();
        }
    }

    private static long claim() {
        return broker.positions()
                .claim(ClaimRequest.newBuilder()
                        .setGroup("team")
                        .setMemberId(ByteString.copyFromUtf8("sixteen bytes id"))
                        .addParts(ClaimPart.newBuilder().setTopic("owned"))
                        .build())
                .getResults(0)
                .getOwnerEpoch();
    }

    @Test
    void publishesAndSubscribesPlainRecords() {
        broker.createTopic("plain", 4);
        PublishRequest.Builder request = PublishRequest.newBuilder().setTopic("plain");
        for (int i = 0; i < 1_000; i++) {
            request.addRecords(PublishRecord.newBuilder()
                    .setKey(ByteString.copyFromUtf8("key" + i % 17))
                    .setValue(ByteString.copyFromUtf8("value" + i))
                    .setTimestampMillis(1_000 + i));
        }
        PublishResponse published = broker.produce().publish(request.build());
        assertThat(published.getResultsList()).hasSize(1_000).noneMatch(result -> result.hasError());
        List<String> read = new ArrayList<>();
        Iterator<SubscribeResponse> stream = broker.fetch()
                .subscribe(SubscribeRequest.newBuilder()
                        .setTopic("plain")
                        .setFrom(StartPoint.newBuilder().setStart(true))
                        .setStopAtEnd(true)
                        .build());
        stream.forEachRemaining(message -> message.getRecordsList().forEach(record -> {
            read.add(record.getValue().toStringUtf8());
            int index = Integer.parseInt(record.getValue().toStringUtf8().substring(5));
            assertThat(record.getPartition())
                    .isEqualTo(published.getResults(index).getPartition());
            assertThat(record.getOffset()).isEqualTo(published.getResults(index).getOffset());
            assertThat(record.getTimestampMillis()).isEqualTo(1_000 + index);
        }));
        assertThat(read).hasSize(1_000).doesNotHaveDuplicates();
    }

    @Test
    void endsStreamsAndWaitsWhenItStops(@TempDir Path other) {
        TestBroker stopped = TestBroker.start(other, "stop.grace=20s");
        stopped.createTopic("t", 2);
        try (FetchCall reader = new FetchCall(stopped);
                ProduceCall writer = new ProduceCall(stopped)) {
            writer.send(ProduceFetchTest.batch("t", 0, "a"));
            reader.sendOnly(fetch("t", 1, 1, 60_000));
            await().untilAsserted(() -> assertThat(scrape(stopped)).contains("millrace_fetch_waiting 1.0"));
            long begin = System.nanoTime();
            stopped.broker.close();
            assertThat(System.nanoTime() - begin)
                    .as("nothing waits for its time")
                    .isLessThan(15_000_000_000L);
            assertThat(reader.next().getResults(0).getLogEnd()).isEqualTo(1);
            assertThat(TestBroker.detail(reader.failure()).getCode()).isEqualTo(ErrorCode.STOPPING);
            assertThat(TestBroker.detail(writer.failure()).getCode()).isEqualTo(ErrorCode.STOPPING);
        }
        stopped.close();
    }

    private static String scrape(TestBroker from) throws Exception {
        return java.net.http.HttpClient.newHttpClient()
                .send(
                        java.net.http.HttpRequest.newBuilder(
                                        java.net.URI.create("http://127.0.0.1:" + from.broker.httpPort() + "/metrics"))
                                .build(),
                        java.net.http.HttpResponse.BodyHandlers.ofString())
                .body();
    }
}
