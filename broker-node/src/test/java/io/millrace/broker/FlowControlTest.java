package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.millrace.record.BatchBuilder;
import io.millrace.record.Compression;
import io.millrace.v1.FetchPart;
import io.millrace.v1.FetchRequest;
import io.millrace.v1.FetchResponse;
import io.millrace.v1.FetchServiceGrpc;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Consumers that stop reading hold a bounded number of bytes and nobody else up. */
final class FlowControlTest {
    private static final int BATCH_BYTES = 1 << 20;
    private static final int BATCHES = 24;

    @TempDir
    Path directory;

    @Test
    void aStalledConsumerHoldsOneAnswerAndOthersGoOn() throws Exception {
        try (TestBroker broker = TestBroker.start(directory, "limits.bytes-in-flight=32MiB")) {
            broker.createTopic("big", 1);
            try (ProduceCall writer = new ProduceCall(broker)) {
                for (int i = 0; i < BATCHES; i++) {
                    writer.send(ProduceFetchTest.request("big", 0, batch(i)));
                }
                List<Stalled> stalled = List.of(new Stalled(broker), new Stalled(broker), new Stalled(broker));
                stalled.forEach(Stalled::askForAll);
                // Each has its windows full and one answer held; what would be read on waits in the log.
                await().during(Duration.ofMillis(500))
                        .atMost(Duration.ofSeconds(20))
                        .untilAsserted(() -> assertThat(figure(broker, "millrace_inflight_bytes{lane=\"read\"}"))
                                .isBetween(1.0, 3.0 * (BATCH_BYTES + 10_000)));
                assertThat(stalled).allSatisfy(one -> assertThat(one.answers).hasValue(0));

                assertThat(writer.send(ProduceFetchTest.request("big", 0, batch(BATCHES)))
                                .getResults(0)
                                .getBaseOffset())
                        .isEqualTo(BATCHES);
                assertThat(ProduceFetchTest.fetchOne(broker, "big", 0, BATCHES)
                                .getBatches()
                                .size())
                        .isGreaterThan(BATCH_BYTES / 2);

                stalled.forEach(Stalled::goOn);
                await().atMost(Duration.ofSeconds(30))
                        .untilAsserted(() -> assertThat(stalled)
                                .allSatisfy(one -> assertThat(one.answers).hasValue(BATCHES)));
            }
            await().untilAsserted(() -> assertThat(figure(broker, "millrace_inflight_bytes{lane=\"read\"}"))
                    .isZero());
            assertThat(figure(broker, "millrace_inflight_bytes{lane=\"append\"}"))
                    .isZero();
        }
    }

    private static ByteBuffer batch(int seed) {
        byte[] value = new byte[BATCH_BYTES - 1000];
        new Random(seed).nextBytes(value);
        BatchBuilder builder = new BatchBuilder(BATCH_BYTES);
        builder.append(1, null, value);
        return builder.build(Compression.NONE);
    }

    private static double figure(TestBroker broker, String name) throws Exception {
        String page = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + broker.broker.httpPort() + "/metrics"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
        Matcher matcher =
                Pattern.compile("(?m)^" + Pattern.quote(name) + " (\\S+)$").matcher(page);
        assertThat(matcher.find()).as(name).isTrue();
        return Double.parseDouble(matcher.group(1));
    }

    /** Asks for everything and reads nothing until told to. */
    private static final class Stalled {
        private final AtomicInteger answers = new AtomicInteger();
        private @Nullable ClientCallStreamObserver<FetchRequest> requests;

        private Stalled(TestBroker broker) {
            FetchServiceGrpc.newStub(broker.channel()).fetch(new ClientResponseObserver<FetchRequest, FetchResponse>() {
                @Override
                public void beforeStart(ClientCallStreamObserver<FetchRequest> stream) {
                    stream.disableAutoRequestWithInitial(0);
                    requests = stream;
                }

                @Override
                public void onNext(FetchResponse answer) {
                    answers.incrementAndGet();
                }

                @Override
                public void onError(Throwable failure) {
                    answers.set(-1);
                }

                @Override
                public void onCompleted() {
                    // The broker ends a stream only after us.
                    answers.set(-1);
                }
            });
        }

        private void askForAll() {
            for (int offset = 0; offset < BATCHES; offset++) {
                stream()
                        .onNext(FetchRequest.newBuilder()
                                .setRequestId(offset)
                                .setMaxBytes(BATCH_BYTES / 2)
                                .addParts(FetchPart.newBuilder().setTopic("big").setOffset(offset))
                                .build());
            }
        }

        private void goOn() {
            stream().request(1_000);
        }

        private ClientCallStreamObserver<FetchRequest> stream() {
            if (requests == null) {
                throw new AssertionError("not started");
            }
            return requests;
        }
    }
}
