package io.millrace.broker;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.lite.ProtoLiteUtils;
import io.millrace.broker.config.BrokerConfig;
import io.millrace.broker.config.ConfigLoader;
import io.millrace.v1.AdminServiceGrpc;
import io.millrace.v1.CreateTopicRequest;
import io.millrace.v1.ErrorDetail;
import io.millrace.v1.FetchServiceGrpc;
import io.millrace.v1.PositionServiceGrpc;
import io.millrace.v1.ProduceServiceGrpc;
import io.millrace.v1.TopicDescription;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A real broker in this process, with real disks, a real Raft log, and a channel to it. */
public final class TestBroker implements AutoCloseable {
    private static final AtomicLong SEEDS = new AtomicLong();

    /** What the file system seems to have free; negative: as it is. */
    public final AtomicLong usableBytes = new AtomicLong(Long.MAX_VALUE);

    public final AtomicReference<@Nullable Throwable> failStop = new AtomicReference<>();
    public final Broker broker;
    private final ManagedChannel channel;

    private TestBroker(BrokerConfig config) {
        this.broker = Broker.start(
                config,
                new Environment(
                        InstantSource.system(),
                        System::nanoTime,
                        new Random(SEEDS.incrementAndGet()),
                        (what, cause) -> failStop.set(cause),
                        directory -> usableBytes.get(),
                        4711));
        this.channel = NettyChannelBuilder.forAddress(broker.host(), broker.grpcPort())
                .usePlaintext()
                .maxInboundMessageSize(64 << 20)
                .build();
    }

    /** On free ports; {@code settings} are key=value. */
    public static TestBroker start(Path directory, String... settings) {
        return new TestBroker(config(directory, settings));
    }

    public static BrokerConfig config(Path directory, String... settings) {
        ConfigLoader loader = new ConfigLoader(2, 256L << 20)
                .set("data-directory", directory.toString())
                .set("listen.port", "0")
                .set("http.port", "0")
                .set("storage.segment-bytes", "4MiB")
                .set("stop.grace", "2s");
        Arrays.stream(settings).forEach(loader::set);
        return loader.load();
    }

    public ManagedChannel channel() {
        return channel;
    }

    public AdminServiceGrpc.AdminServiceBlockingStub admin() {
        return AdminServiceGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    public ProduceServiceGrpc.ProduceServiceBlockingStub produce() {
        return ProduceServiceGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    public FetchServiceGrpc.FetchServiceBlockingStub fetch() {
        return FetchServiceGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    public PositionServiceGrpc.PositionServiceBlockingStub positions() {
        return PositionServiceGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    public TopicDescription createTopic(String name, int partitions) {
        return admin().createTopic(CreateTopicRequest.newBuilder()
                        .setName(name)
                        .setPartitions(partitions)
                        .build())
                .getTopic();
    }

    /** What /readyz says: status and body. */
    public String readiness() {
        try {
            var answer = java.net.http.HttpClient.newHttpClient()
                    .send(
                            java.net.http.HttpRequest.newBuilder(
                                            java.net.URI.create("http://127.0.0.1:" + broker.httpPort() + "/readyz"))
                                    .timeout(java.time.Duration.ofSeconds(5))
                                    .build(),
                            java.net.http.HttpResponse.BodyHandlers.ofString());
            return answer.statusCode() + " " + answer.body();
        } catch (java.io.IOException e) {
            return "no answer: " + e;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** The detail in the trailers of a call that failed. */
    public static ErrorDetail detail(StatusRuntimeException failure) {
        io.grpc.Metadata trailers = failure.getTrailers();
        if (trailers == null) {
            throw new AssertionError("no trailers", failure);
        }
        ErrorDetail detail = trailers.get(io.grpc.Metadata.Key.of(
                "millrace-error-bin", ProtoLiteUtils.metadataMarshaller(ErrorDetail.getDefaultInstance())));
        if (detail == null) {
            throw new AssertionError("no detail in " + trailers, failure);
        }
        return detail;
    }

    @Override
    public void close() {
        channel.shutdownNow();
        broker.close();
    }
}
