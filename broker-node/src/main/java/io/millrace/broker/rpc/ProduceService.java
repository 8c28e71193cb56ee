package io.millrace.broker.rpc;

import io.grpc.Context;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.metadata.ProducerIds;
import io.millrace.broker.metadata.Waiting;
import io.millrace.broker.produce.Appends;
import io.millrace.broker.produce.MemoryBudget;
import io.millrace.broker.produce.PlainRecords;
import io.millrace.record.RecordHeader;
import io.millrace.v1.OpenProducerRequest;
import io.millrace.v1.OpenProducerResponse;
import io.millrace.v1.ProduceRequest;
import io.millrace.v1.ProduceResponse;
import io.millrace.v1.ProduceServiceGrpc;
import io.millrace.v1.PublishRecord;
import io.millrace.v1.PublishRequest;
import io.millrace.v1.PublishResponse;
import io.millrace.v1.PublishResult;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The gRPC face of appending. Translates; decides nothing. */
final class ProduceService extends ProduceServiceGrpc.ProduceServiceImplBase {
    private final Appends appends;
    private final PlainRecords plain;
    private final ProducerIds producerIds;
    private final MemoryBudget budget;
    private final Errors errors;
    private final Deadlines deadlines;
    private final Gate gate;

    ProduceService(
            Appends appends,
            PlainRecords plain,
            ProducerIds producerIds,
            MemoryBudget budget,
            Errors errors,
            Deadlines deadlines,
            Gate gate) {
        this.appends = appends;
        this.plain = plain;
        this.producerIds = producerIds;
        this.budget = budget;
        this.errors = errors;
        this.deadlines = deadlines;
        this.gate = gate;
    }

    @Override
    public StreamObserver<ProduceRequest> produce(StreamObserver<ProduceResponse> responses) {
        ProduceStream stream = new ProduceStream(
                appends, budget, errors, deadlines, gate, (ServerCallStreamObserver<ProduceResponse>) responses);
        stream.begin();
        return stream;
    }

    @Override
    public void publish(PublishRequest request, StreamObserver<PublishResponse> responses) {
        long deadlineNanos =
                deadlines.within(request.getTimeoutMillis(), Context.current().getDeadline());
        // The message, and about as much again for the batches made of it.
        long bytes = 2L * request.getSerializedSize();
        CompletableFuture<MemoryBudget.Grant> granted = new CompletableFuture<>();
        budget.take(MemoryBudget.Lane.APPEND, bytes, grant -> {
            if (!granted.complete(grant)) {
                grant.close();
            }
        });
        Unary.answer(responses, errors, () -> {
            MemoryBudget.Grant grant = waitFor(granted, deadlineNanos);
            try {
                return publish(request, deadlineNanos);
            } finally {
                grant.close();
            }
        });
    }

    private MemoryBudget.Grant waitFor(CompletableFuture<MemoryBudget.Grant> granted, long deadlineNanos) {
        try {
            return Waiting.await(granted, "", deadlineNanos, deadlines.nanos());
        } finally {
            // Where the wait was in vain a late grant finds the future taken and goes back.
            granted.cancel(false);
        }
    }

    private PublishResponse publish(PublishRequest request, long deadlineNanos) {
        List<PlainRecords.Plain> records = new ArrayList<>(request.getRecordsCount());
        request.getRecordsList().forEach(message -> records.add(plain(message)));
        PublishResponse.Builder response = PublishResponse.newBuilder();
        List<PlainRecords.Placed> placed = plain.publish(request.getTopic(), records, deadlineNanos);
        for (PlainRecords.Placed one : placed) {
            PublishResult.Builder result = PublishResult.newBuilder().setPartition(one.partition());
            if (one.fault() == null) {
                result.setOffset(one.offset());
            } else {
                result.setOffset(-1).setError(errors.detail(one.fault()));
            }
            response.addResults(result);
        }
        return response.build();
    }

    private static PlainRecords.Plain plain(PublishRecord message) {
        List<RecordHeader> headers = message.getHeadersList().stream()
                .map(header -> new RecordHeader(
                        header.getKey(), header.hasValue() ? header.getValue().toByteArray() : null))
                .toList();
        return new PlainRecords.Plain(
                message.hasKey() ? message.getKey().toByteArray() : null,
                message.hasValue() ? message.getValue().toByteArray() : null,
                headers,
                message.hasTimestampMillis() ? message.getTimestampMillis() : null,
                message.hasPartition() ? message.getPartition() : null);
    }

    @Override
    public void openProducer(OpenProducerRequest request, StreamObserver<OpenProducerResponse> responses) {
        Unary.answer(
                responses,
                errors,
                () -> OpenProducerResponse.newBuilder()
                        .setProducerId(producerIds.next())
                        .setProducerEpoch(0)
                        .build());
    }
}
