package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.millrace.client.Millrace;
import io.millrace.client.MillraceClient;
import io.millrace.client.NewTopic;
import io.millrace.client.Producer;
import io.millrace.client.ProducerRecord;
import io.millrace.it.cluster.ForkedBroker;
import io.millrace.v1.FetchPart;
import io.millrace.v1.FetchRequest;
import io.millrace.v1.FetchResponse;
import io.millrace.v1.FetchServiceGrpc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Full-speed produce beside consumers that ask for everything and take nothing, on a broker with a heap of 256 MiB: it stays up, refuses nothing that it
 * acknowledged, and its memory is flat. {@code -Dmillrace.seconds} chooses how long.
 */
class BoundedMemoryIT {
    private static final Duration LOAD = Duration.ofSeconds(Integer.getInteger("millrace.seconds", 10));
    private static final int STALLED_CONSUMERS = 4;
    private static final int REQUESTS_EACH = 200;

    @Test
    void memoryIsFlatBesideStalledConsumers(@TempDir Path directory) throws Exception {
        List<ManagedChannel> channels = new ArrayList<>();
        try (ForkedBroker broker = ForkedBroker.in(directory)
                .jvm("-Xms256m", "-Xmx256m", "-XX:+ExitOnOutOfMemoryError")
                .start()) {
            try (MillraceClient client = Millrace.connect(broker.bootstrap())) {
                client.admin().createTopic(NewTopic.of("flood", 6));
                for (int i = 0; i < STALLED_CONSUMERS; i++) {
                    channels.add(stalledConsumer(broker.bootstrap()));
                }
                AtomicLong acknowledged = new AtomicLong();
                AtomicLong failed = new AtomicLong();
                List<Long> residentKib = new ArrayList<>();
                try (Producer producer = client.newProducer()) {
                    byte[] value = new byte[1024];
                    long start = System.nanoTime();
                    long nextSample = start;
                    while (System.nanoTime() - start < LOAD.toNanos()) {
                        producer.send(ProducerRecord.of("flood", value), (metadata, error) -> {
                            if (error == null) {
                                acknowledged.incrementAndGet();
                            } else {
                                failed.incrementAndGet();
                            }
                        });
                        if (System.nanoTime() > nextSample) {
                            residentKib.add(residentKib(broker.process()));
                            nextSample += TimeUnit.MILLISECONDS.toNanos(250);
                        }
                    }
                    producer.flush();
                }
                long earlyMax = max(residentKib.subList(residentKib.size() / 3, 2 * residentKib.size() / 3));
                long lateMax = max(residentKib.subList(2 * residentKib.size() / 3, residentKib.size()));
                System.out.printf(
                        "bounded memory: %d records of 1 KiB acknowledged in %d s, %d failed; resident MiB: middle third at most %d, last third at most %d (heap 256)%n",
                        acknowledged.get(), LOAD.toSeconds(), failed.get(), earlyMax / 1024, lateMax / 1024);
                assertThat(broker.process().isAlive()).isTrue();
                assertThat(Files.readString(broker.log())).doesNotContain("OutOfMemoryError");
                assertThat(acknowledged.get()).isPositive();
                assertThat(failed.get()).isZero();
                assertThat(lateMax).as("resident memory does not grow").isLessThan(earlyMax + earlyMax / 8);
                assertThat(client.admin().listTopics()).as("it still answers").hasSize(1);
            }
        } finally {
            channels.forEach(ManagedChannel::shutdownNow);
        }
    }

    /** Asks for all there is, again and again, and never reads an answer. */
    private static ManagedChannel stalledConsumer(String bootstrap) {
        ManagedChannel channel =
                ManagedChannelBuilder.forTarget(bootstrap).usePlaintext().build();
        FetchServiceGrpc.newStub(channel).fetch(new ClientResponseObserver<FetchRequest, FetchResponse>() {
            @Override
            public void beforeStart(ClientCallStreamObserver<FetchRequest> requests) {
                requests.disableAutoRequestWithInitial(0);
                requests.setOnReadyHandler(() -> {
                    for (int i = 0; i < REQUESTS_EACH; i++) {
                        FetchRequest.Builder request = FetchRequest.newBuilder()
                                .setRequestId(i)
                                .setMaxWaitMillis(30_000)
                                .setMinBytes(1 << 20)
                                .setMaxBytes(4 << 20);
                        for (int partition = 0; partition < 6; partition++) {
                            request.addParts(FetchPart.newBuilder()
                                    .setTopic("flood")
                                    .setPartition(partition)
                                    .setMaxBytes(1 << 20));
                        }
                        requests.onNext(request.build());
                    }
                });
            }

            @Override
            public void onNext(FetchResponse response) {
                throw new AssertionError("nothing was asked for");
            }

            @Override
            public void onError(Throwable error) {
                // Ends with the broker.
            }

            @Override
            public void onCompleted() {
                // Ends with the broker.
            }
        });
        return channel;
    }

    private static long residentKib(Process process) throws Exception {
        for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        throw new IllegalStateException("no VmRSS of " + process.pid());
    }

    private static long max(List<Long> values) {
        return values.stream().mapToLong(Long::longValue).max().orElseThrow();
    }
}
