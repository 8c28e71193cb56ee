package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.protobuf.ByteString;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.millrace.record.BatchBuilder;
import io.millrace.record.BatchHeader;
import io.millrace.record.Compression;
import io.millrace.v1.AdminServiceGrpc;
import io.millrace.v1.AlterTopicConfigRequest;
import io.millrace.v1.ClaimPart;
import io.millrace.v1.ClaimRequest;
import io.millrace.v1.CommitPart;
import io.millrace.v1.CommitRequest;
import io.millrace.v1.CreateTopicRequest;
import io.millrace.v1.DeleteTopicRequest;
import io.millrace.v1.DescribeTopicRequest;
import io.millrace.v1.Effect;
import io.millrace.v1.ErrorCode;
import io.millrace.v1.ErrorDetail;
import io.millrace.v1.FetchPositionsRequest;
import io.millrace.v1.FetchResult;
import io.millrace.v1.ListOffsetsRequest;
import io.millrace.v1.ListTopicsRequest;
import io.millrace.v1.OffsetQuery;
import io.millrace.v1.ProducePart;
import io.millrace.v1.ProduceRequest;
import io.millrace.v1.PublishRecord;
import io.millrace.v1.PublishRequest;
import io.millrace.v1.StartPoint;
import io.millrace.v1.SubscribeRequest;
import io.millrace.v1.TopicDescription;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every wrong input over the wire gets its typed error, writes nothing, and leaves the broker serving. */
final class BadInputTest {
    private static final AtomicInteger TOPICS = new AtomicInteger();

    @TempDir
    static Path directory;

    private static TestBroker broker;

    @BeforeAll
    static void start() {
        broker = TestBroker.start(directory, "limits.max-batch-bytes=256KiB");
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static String topic(int partitions) {
        return broker.createTopic("t" + TOPICS.incrementAndGet(), partitions).getName();
    }

    private static ErrorDetail refused(ErrorCode code, ThrowingCallable call) {
        ErrorDetail[] detail = new ErrorDetail[1];
        assertThatExceptionOfType(StatusRuntimeException.class)
                .isThrownBy(call)
                .satisfies(e -> detail[0] = TestBroker.detail(e));
        assertThat(detail[0].getCode()).as(detail[0].getMessage()).isEqualTo(code);
        assertThat(detail[0].getNode()).isEqualTo(1);
        return detail[0];
    }

    private static ErrorDetail produceError(ProduceRequest request) {
        try (ProduceCall call = new ProduceCall(broker)) {
            return call.send(request).getResults(0).getError();
        }
    }

    private static ErrorDetail refusedBatch(String topic, ErrorCode code, ByteBuffer batch) {
        ErrorDetail error = produceError(ProduceFetchTest.request(topic, 0, batch));
        assertThat(error.getCode()).as(error.getMessage()).isEqualTo(code);
        assertThat(error.getEffect()).isEqualTo(Effect.NOT_WRITTEN);
        assertThat(error.getResource()).isEqualTo("topic/" + topic + "/0");
        assertThat(ProduceFetchTest.fetchOne(broker, topic, 0, 0).getLogEnd()).isZero();
        return error;
    }

    private static ByteBuffer batch(int valueBytes) {
        BatchBuilder builder = new BatchBuilder(256);
        builder.append(1, null, new byte[valueBytes]);
        return ByteBuffer.wrap(bytes(builder.build(Compression.NONE)));
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    /** Changes a batch and makes its CRC right again. */
    private static ByteBuffer changed(Consumer<ByteBuffer> change) {
        ByteBuffer batch = batch(100);
        change.accept(batch);
        java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
        crc.update(batch.duplicate().position(BatchHeader.CRC_COVERS_FROM));
        return batch.putInt(17, (int) crc.getValue());
    }

    @Test
    void refusesUnknownTopicsAndPartitions() {
        String topic = topic(2);
        assertThat(produceError(ProduceFetchTest.batch("nowhere", 0, "a")).getCode())
                .isEqualTo(ErrorCode.UNKNOWN_TOPIC);
        assertThat(produceError(ProduceFetchTest.batch(topic, 2, "a")).getCode())
                .isEqualTo(ErrorCode.UNKNOWN_PARTITION);
        assertThat(produceError(ProduceFetchTest.batch(topic, -1, "a")).getCode())
                .isEqualTo(ErrorCode.UNKNOWN_PARTITION);
        assertThat(ProduceFetchTest.fetchOne(broker, "nowhere", 0, 0).getError().getCode())
                .isEqualTo(ErrorCode.UNKNOWN_TOPIC);
        assertThat(ProduceFetchTest.fetchOne(broker, topic, 2, 0).getError().getCode())
                .isEqualTo(ErrorCode.UNKNOWN_PARTITION);
        refused(
                ErrorCode.UNKNOWN_TOPIC,
                () -> broker.admin()
                        .describeTopic(DescribeTopicRequest.newBuilder()
                                .setName("nowhere")
                                .build()));
        refused(
                ErrorCode.UNKNOWN_TOPIC,
                () -> broker.admin()
                        .deleteTopic(DeleteTopicRequest.newBuilder()
                                .setName("nowhere")
                                .build()));
        refused(
                ErrorCode.UNKNOWN_TOPIC,
                () -> broker.produce()
                        .publish(PublishRequest.newBuilder().setTopic("nowhere").build()));
        refused(
                ErrorCode.UNKNOWN_TOPIC,
                () -> broker.fetch()
                        .subscribe(SubscribeRequest.newBuilder()
                                .setTopic("nowhere")
                                .build())
                        .hasNext());
    }

    @Test
    void aTopicThatWasMadeAgainIsAnotherTopic() {
        TopicDescription old = broker.createTopic("again", 1);
        broker.admin()
                .deleteTopic(DeleteTopicRequest.newBuilder().setName("again").build());
        TopicDescription made = broker.createTopic("again", 1);
        assertThat(made.getId()).isNotEqualTo(old.getId());
        ProduceRequest stale = ProduceFetchTest.batch("again", 0, "a");
        ProducePart part = stale.getParts(0).toBuilder().setTopicId(old.getId()).build();
        assertThat(produceError(stale.toBuilder().setParts(0, part).build()).getCode())
                .isEqualTo(ErrorCode.UNKNOWN_TOPIC);
        assertThat(produceError(ProduceFetchTest.batch("again", 0, "a")).getMessage())
                .isEmpty();
    }

    @Test
    void refusesOffsetsOutsideTheLogWithItsRange() {
        String topic = topic(1);
        assertThat(produceError(ProduceFetchTest.batch(topic, 0, "a", "b")).getMessage())
                .isEmpty();
        FetchResult above = ProduceFetchTest.fetchOne(broker, topic, 0, 3);
        assertThat(above.getError().getCode()).isEqualTo(ErrorCode.OFFSET_OUT_OF_RANGE);
        assertThat(above.getError().getLogStart()).isZero();
        assertThat(above.getError().getLogEnd()).isEqualTo(2);
        assertThat(above.getError().getLostTo()).isEqualTo(above.getError().getLostFrom());
        FetchResult below = ProduceFetchTest.fetchOne(broker, topic, 0, -1);
        assertThat(below.getError().getCode()).isEqualTo(ErrorCode.OFFSET_OUT_OF_RANGE);
        assertThat(ProduceFetchTest.fetchOne(broker, topic, 0, 2).getError().getMessage())
                .isEmpty();
        assertThat(broker.fetch()
                        .listOffsets(ListOffsetsRequest.newBuilder()
                                .addQueries(OffsetQuery.newBuilder()
                                        .setTopic(topic)
                                        .setPoint(StartPoint.newBuilder().setOffset(9)))
                                .build())
                        .getAnswers(0)
                        .getError()
                        .getCode())
                .isEqualTo(ErrorCode.OFFSET_OUT_OF_RANGE);
    }

    @Test
    void refusesBatchesAboveTheTopicsLimit() {
        String topic = topic(1);
        broker.admin()
                .alterTopicConfig(AlterTopicConfigRequest.newBuilder()
                        .setName(topic)
                        .putSet("max.batch.bytes", "2000")
                        .build());
        ErrorDetail error = refusedBatch(topic, ErrorCode.BATCH_TOO_LARGE, batch(2_000));
        assertThat(error.getLimitName()).isEqualTo("max.batch.bytes");
        assertThat(error.getLimit()).isEqualTo(2_000);
        assertThat(error.getActual()).isGreaterThan(2_000);
        assertThat(broker.produce()
                        .publish(PublishRequest.newBuilder()
                                .setTopic(topic)
                                .addRecords(PublishRecord.newBuilder().setValue(ByteString.copyFrom(new byte[3_000])))
                                .build())
                        .getResults(0)
                        .getError()
                        .getCode())
                .isEqualTo(ErrorCode.BATCH_TOO_LARGE);
    }

    @Test
    void refusesBatchesThatAreNotWhatTheySay() {
        String topic = topic(1);
        ByteBuffer flipped = batch(100);
        flipped.put(120, (byte) (flipped.get(120) ^ 1));
        refusedBatch(topic, ErrorCode.CORRUPT_BATCH, flipped);
        refusedBatch(topic, ErrorCode.UNSUPPORTED_BATCH_FORMAT, batch(100).put(16, (byte) 0));
        refusedBatch(topic, ErrorCode.UNSUPPORTED_BATCH_FORMAT, batch(100).put(16, (byte) 1));
        refusedBatch(topic, ErrorCode.INVALID_BATCH, changed(batch -> batch.putInt(57, -1)));
        refusedBatch(topic, ErrorCode.INVALID_BATCH, changed(batch -> batch.putInt(23, -1)));
        refusedBatch(topic, ErrorCode.INVALID_BATCH, changed(batch -> batch.putInt(23, 7)));
        refusedBatch(topic, ErrorCode.INVALID_BATCH, changed(batch -> batch.putInt(57, 1_000_000)));
        refusedBatch(topic, ErrorCode.INVALID_BATCH, batch(100).putLong(0, -5));
        refusedBatch(topic, ErrorCode.INVALID_BATCH, batch(100).putInt(8, 5));
        refusedBatch(topic, ErrorCode.INVALID_BATCH, changed(batch -> batch.putShort(21, (short) 0x20)));
        refusedBatch(topic, ErrorCode.INVALID_BATCH, ByteBuffer.allocate(0));
        ByteBuffer twice = ByteBuffer.allocate(2 * batch(100).remaining());
        twice.put(batch(100)).put(batch(100)).flip();
        refusedBatch(topic, ErrorCode.INVALID_BATCH, twice);
    }

    @Test
    void aBombIsStoredAsItIsAndRefusedWhereTheBrokerUnpacks() {
        String topic = topic(1);
        BatchBuilder builder = new BatchBuilder(1 << 20);
        for (int i = 0; i < 70; i++) {
            builder.append(1, null, new byte[1 << 20]);
        }
        ByteBuffer bomb = builder.build(Compression.ZSTD);
        int size = bomb.remaining();
        assertThat(size).isLessThan(256 << 10);
        assertThat(produceError(ProduceFetchTest.request(topic, 0, bomb)).getMessage())
                .isEmpty();
        assertThat(ProduceFetchTest.fetchOne(broker, topic, 0, 0).getBatches().size())
                .isEqualTo(size);
        ErrorDetail error = refused(
                ErrorCode.BATCH_EXPANDS_TOO_FAR,
                () -> broker.fetch()
                        .subscribe(SubscribeRequest.newBuilder()
                                .setTopic(topic)
                                .setFrom(StartPoint.newBuilder().setStart(true))
                                .build())
                        .hasNext());
        assertThat(error.getResource()).isEqualTo("topic/" + topic + "/0");
    }

    @Test
    void refusesReservedFieldsInsteadOfIgnoringThem() {
        String topic = topic(1);
        ProduceRequest request = ProduceFetchTest.batch(topic, 0, "a");
        ProducePart part = request.getParts(0);
        for (ProducePart wrong : java.util.List.of(
                part.toBuilder().setFacts(ByteString.copyFromUtf8("x")).build(),
                part.toBuilder().setExpectedEndOffset(0).build(),
                part.toBuilder().setTopicId(ByteString.copyFromUtf8("short")).build())) {
            assertThat(produceError(request.toBuilder().setParts(0, wrong).build())
                            .getCode())
                    .isEqualTo(ErrorCode.INVALID_REQUEST);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "a b", "a/b", "__positions"})
    void refusesIllegalTopicNames(String name) {
        refused(
                ErrorCode.INVALID_TOPIC_NAME,
                () -> broker.admin()
                        .createTopic(
                                CreateTopicRequest.newBuilder().setName(name).build()));
    }

    @Test
    void refusesATopicThatExists() {
        String topic = topic(1);
        assertThat(refused(ErrorCode.TOPIC_ALREADY_EXISTS, () -> broker.createTopic(topic, 1))
                        .getResource())
                .isEqualTo("topic/" + topic);
        refused(
                ErrorCode.TOPIC_ALREADY_EXISTS,
                () -> broker.admin()
                        .createTopic(CreateTopicRequest.newBuilder()
                                .setName(topic)
                                .setValidateOnly(true)
                                .build()));
    }

    @ParameterizedTest
    @CsvSource({
        "retention.ms,60000,UNKNOWN_CONFIG,max.batch.bytes",
        "max.batch.byte,2000,UNKNOWN_CONFIG,Did you mean 'max.batch.bytes'",
        "max.batch.bytes,10,INVALID_CONFIG,1024 to 262144",
        "max.batch.bytes,99999999,INVALID_CONFIG,1024 to 262144",
        "max.batch.bytes,large,INVALID_CONFIG,1024 to 262144",
        "timestamp.type,Lunar,INVALID_CONFIG,CreateTime or LogAppendTime"
    })
    void namesKeyAndRangeOfAWrongConfig(String key, String value, ErrorCode code, String says) {
        ErrorDetail error = refused(
                code,
                () -> broker.admin()
                        .createTopic(CreateTopicRequest.newBuilder()
                                .setName("configured")
                                .putConfig(key, value)
                                .build()));
        assertThat(error.getMessage()).contains(key).contains(says);
        String topic = topic(1);
        assertThat(refused(
                                code,
                                () -> broker.admin()
                                        .alterTopicConfig(AlterTopicConfigRequest.newBuilder()
                                                .setName(topic)
                                                .putSet(key, value)
                                                .build()))
                        .getMessage())
                .contains(says);
    }

    @Test
    void refusesTooManyPartitionsOrReplicas() {
        refused(ErrorCode.INVALID_REQUEST, () -> broker.createTopic("wide", 10_001));
        refused(ErrorCode.INVALID_REQUEST, () -> broker.createTopic("wide", -1));
        refused(
                ErrorCode.REPLICATION_UNSUPPORTED,
                () -> broker.admin()
                        .createTopic(CreateTopicRequest.newBuilder()
                                .setName("wide")
                                .setReplication(3)
                                .build()));
    }

    @Test
    void refusesClientsOfANewerProtocol() {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("millrace-protocol", Metadata.ASCII_STRING_MARSHALLER), "2");
        var stub = AdminServiceGrpc.newBlockingStub(
                ClientInterceptors.intercept(broker.channel(), MetadataUtils.newAttachHeadersInterceptor(headers)));
        ErrorDetail error =
                refused(ErrorCode.UNSUPPORTED_VERSION, () -> stub.listTopics(ListTopicsRequest.getDefaultInstance()));
        assertThat(error.getMessage()).contains("protocol 2").contains("1 to 1");
    }

    @Test
    void endsACallWhoseDeadlineHasPassed() {
        String topic = topic(1);
        assertThatExceptionOfType(StatusRuntimeException.class)
                .isThrownBy(() -> broker.fetch()
                        .withDeadlineAfter(200, TimeUnit.MILLISECONDS)
                        .subscribe(SubscribeRequest.newBuilder().setTopic(topic).build())
                        .hasNext())
                .satisfies(e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
    }

    @Test
    void refusesAppendsWhenTheDiskIsFullAndResumesByItself() throws InterruptedException {
        String topic = topic(1);
        broker.usableBytes.set(1_000_000);
        try {
            org.awaitility.Awaitility.await()
                    .until(() ->
                            produceError(ProduceFetchTest.batch(topic, 0, "a")).getCode() == ErrorCode.STORAGE_FULL);
            ErrorDetail error = produceError(ProduceFetchTest.batch(topic, 0, "a"));
            assertThat(error.getMessage()).contains("broker 1").contains("1000000 bytes left");
            assertThat(error.getRetryable()).isTrue();
            assertThat(ProduceFetchTest.fetchOne(broker, topic, 0, 0).getError().getMessage())
                    .as("reads go on")
                    .isEmpty();
        } finally {
            broker.usableBytes.set(Long.MAX_VALUE);
        }
        org.awaitility.Awaitility.await()
                .until(() -> produceError(ProduceFetchTest.batch(topic, 0, "a"))
                        .getMessage()
                        .isEmpty());
    }

    @Test
    void fencesOwnersAndRefusesWrongPositions() {
        String topic = topic(1);
        assertThat(produceError(ProduceFetchTest.batch(topic, 0, "a", "b", "c")).getMessage())
                .isEmpty();
        refused(ErrorCode.INVALID_GROUP_NAME, () -> claim("no good", topic));
        refused(ErrorCode.UNKNOWN_GROUP, () -> commit("nobody", topic, 1, 1, ""));
        refused(
                ErrorCode.UNKNOWN_GROUP,
                () -> broker.positions()
                        .fetchPositions(FetchPositionsRequest.newBuilder()
                                .setGroup("nobody")
                                .setTopic(topic)
                                .build()));
        long first = claim("readers", topic);
        assertThat(commit("readers", topic, first, 2, "").getCode()).isEqualTo(ErrorCode.ERROR_CODE_UNSPECIFIED);
        assertThat(commit("readers", topic, first, 9, "").getCode()).isEqualTo(ErrorCode.INVALID_POSITION);
        assertThat(commit("readers", topic, first, 2, "x".repeat(4_097)).getCode())
                .isEqualTo(ErrorCode.METADATA_TOO_LARGE);
        long second = claim("readers", topic);
        assertThat(second).isEqualTo(first + 1);
        ErrorDetail fenced = commit("readers", topic, first, 3, "");
        assertThat(fenced.getCode()).isEqualTo(ErrorCode.FENCED);
        assertThat(fenced.getOwnerEpoch()).isEqualTo(second);
        assertThat(fenced.getOwner()).isNotEmpty();
    }

    private static long claim(String group, String topic) {
        return broker.positions()
                .claim(ClaimRequest.newBuilder()
                        .setGroup(group)
                        .setMemberId(ByteString.copyFrom("sixteen bytes id".getBytes(StandardCharsets.UTF_8)))
                        .addParts(ClaimPart.newBuilder().setTopic(topic))
                        .build())
                .getResults(0)
                .getOwnerEpoch();
    }

    private static ErrorDetail commit(String group, String topic, long epoch, long position, String metadata) {
        return broker.positions()
                .commit(CommitRequest.newBuilder()
                        .setGroup(group)
                        .addParts(CommitPart.newBuilder()
                                .setTopic(topic)
                                .setOwnerEpoch(epoch)
                                .setPosition(position)
                                .setLeaderEpoch(-1)
                                .setMetadata(metadata))
                        .build())
                .getResults(0)
                .getError();
    }
}
