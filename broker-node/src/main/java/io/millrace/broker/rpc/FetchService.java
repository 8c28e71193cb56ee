package io.millrace.broker.rpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.fetch.Fetches;
import io.millrace.broker.metadata.Partitions;
import io.millrace.broker.metadata.Topic;
import io.millrace.broker.produce.MemoryBudget;
import io.millrace.error.FaultException;
import io.millrace.v1.FetchRequest;
import io.millrace.v1.FetchResponse;
import io.millrace.v1.FetchServiceGrpc;
import io.millrace.v1.ListOffsetsRequest;
import io.millrace.v1.ListOffsetsResponse;
import io.millrace.v1.OffsetAnswer;
import io.millrace.v1.OffsetQuery;
import io.millrace.v1.SubscribeRequest;
import io.millrace.v1.SubscribeResponse;
import java.util.concurrent.Executor;

/** The gRPC face of reading. Translates; decides nothing. */
final class FetchService extends FetchServiceGrpc.FetchServiceImplBase {
    private final Fetches fetches;
    private final Partitions partitions;
    private final MemoryBudget budget;
    private final Errors errors;
    private final Executor readers;
    private final int maxResponseBytes;
    private final Gate gate;

    FetchService(
            Fetches fetches,
            Partitions partitions,
            MemoryBudget budget,
            Errors errors,
            Executor readers,
            int maxResponseBytes,
            Gate gate) {
        this.fetches = fetches;
        this.partitions = partitions;
        this.budget = budget;
        this.errors = errors;
        this.readers = readers;
        this.maxResponseBytes = maxResponseBytes;
        this.gate = gate;
    }

    @Override
    public StreamObserver<FetchRequest> fetch(StreamObserver<FetchResponse> responses) {
        FetchStream stream = new FetchStream(
                fetches, budget, errors, readers, maxResponseBytes, gate, (ServerCallStreamObserver<FetchResponse>)
                        responses);
        stream.begin();
        return stream;
    }

    @Override
    public void subscribe(SubscribeRequest request, StreamObserver<SubscribeResponse> responses) {
        try {
            Topic topic = partitions.topic(request.getTopic());
            Fetches.StartPoint from = StartPoints.of(request.getFrom(), new Fetches.StartPoint.AtEnd());
            SubscribeStream stream = new SubscribeStream(
                    fetches,
                    budget,
                    errors,
                    readers,
                    gate,
                    partitions.places(topic, request.getPartitionsList()),
                    (ServerCallStreamObserver<SubscribeResponse>) responses);
            stream.begin(from, request.getStopAtEnd());
        } catch (FaultException e) {
            responses.onError(errors.exception(e));
        }
    }

    @Override
    public void listOffsets(ListOffsetsRequest request, StreamObserver<ListOffsetsResponse> responses) {
        Unary.answer(responses, errors, () -> {
            ListOffsetsResponse.Builder response = ListOffsetsResponse.newBuilder();
            request.getQueriesList().forEach(query -> response.addAnswers(answer(query)));
            return response.build();
        });
    }

    private OffsetAnswer answer(OffsetQuery query) {
        String resource = Topic.resource(query.getTopic(), query.getPartition());
        try {
            Fetches.FoundOffset found = fetches.find(
                    partitions.place(null, query.getTopic(), query.getPartition()),
                    StartPoints.of(query.getPoint(), new Fetches.StartPoint.AtEnd()));
            return OffsetAnswer.newBuilder()
                    .setOffset(found.offset())
                    .setTimestampMillis(found.timestampMillis())
                    .setLeaderEpoch(found.leaderEpoch())
                    .setLogStart(found.status().logStart())
                    .setLogEnd(found.status().logEnd())
                    .build();
        } catch (RuntimeException e) {
            return OffsetAnswer.newBuilder()
                    .setError(errors.detail(e, resource))
                    .setOffset(-1)
                    .setTimestampMillis(-1)
                    .build();
        }
    }
}
