package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.millrace.record.BatchBuilder;
import io.millrace.record.BatchReader;
import io.millrace.record.Compression;
import io.millrace.record.DecodeLimits;
import io.millrace.record.LogRecord;
import io.millrace.v1.FetchPart;
import io.millrace.v1.FetchRequest;
import io.millrace.v1.FetchResponse;
import io.millrace.v1.FetchResult;
import io.millrace.v1.ProducePart;
import io.millrace.v1.ProduceRequest;
import io.millrace.v1.ProduceResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The path of a record through a real broker: made into a batch, appended by a stream, fetched by a stream, also after a restart. */
final class ProduceFetchTest {
    @TempDir
    Path directory;

    @Test
    void fetchesWhatWasProducedAlsoAfterARestart() {
        try (TestBroker broker = TestBroker.start(directory)) {
            broker.createTopic("flights", 3);
            try (ProduceCall call = new ProduceCall(broker)) {
                ProduceResponse first = call.send(batch("flights", 1, "a", "b"));
                ProduceResponse second = call.send(batch("flights", 1, "c"));
                assertThat(first.getResults(0).getError().getMessage()).isEmpty();
                assertThat(first.getResults(0).getBaseOffset()).isEqualTo(0);
                assertThat(second.getResults(0).getBaseOffset()).isEqualTo(2);
            }
            assertThat(values(fetchOne(broker, "flights", 1, 0))).containsExactly("a", "b", "c");
        }
        try (TestBroker broker = TestBroker.start(directory)) {
            assertThat(values(fetchOne(broker, "flights", 1, 1))).endsWith("b", "c");
            assertThat(fetchOne(broker, "flights", 1, 1).getLogEnd()).isEqualTo(3);
            assertThat(fetchOne(broker, "flights", 0, 0).getLogEnd()).isEqualTo(0);
        }
    }

    static ProduceRequest batch(String topic, int partition, String... values) {
        BatchBuilder builder = new BatchBuilder(256);
        for (String value : values) {
            builder.append(1_000, null, value.getBytes(StandardCharsets.UTF_8));
        }
        return request(topic, partition, builder.build(Compression.NONE));
    }

    static ProduceRequest request(String topic, int partition, ByteBuffer batch) {
        return ProduceRequest.newBuilder()
                .addParts(ProducePart.newBuilder()
                        .setTopic(topic)
                        .setPartition(partition)
                        .setBatch(ByteString.copyFrom(batch)))
                .build();
    }

    static FetchResult fetchOne(TestBroker broker, String topic, int partition, long offset) {
        try (FetchCall call = new FetchCall(broker)) {
            FetchResponse response = call.send(FetchRequest.newBuilder()
                    .setMaxBytes(1 << 20)
                    .addParts(FetchPart.newBuilder()
                            .setTopic(topic)
                            .setPartition(partition)
                            .setOffset(offset)
                            .setMaxBytes(1 << 20))
                    .build());
            return response.getResults(0);
        }
    }

    static List<String> values(FetchResult result) {
        ByteBuffer batches = result.getBatches().asReadOnlyByteBuffer();
        java.util.ArrayList<String> values = new java.util.ArrayList<>();
        for (io.millrace.record.Batches.Batch batch : new io.millrace.record.Batches(batches)) {
            for (LogRecord record : BatchReader.readAll(batches, batch.position(), DecodeLimits.DEFAULT)) {
                byte[] value = record.value();
                values.add(value == null ? "" : new String(value, StandardCharsets.UTF_8));
            }
        }
        return values;
    }
}
