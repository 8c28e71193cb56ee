package io.millrace.broker.peer;

import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.cluster.Member;
import io.millrace.broker.metadata.Bounds;
import io.millrace.broker.metadata.MetadataChange;
import io.millrace.broker.ops.ReplicaState;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.internal.v1.BoundsRequest;
import io.millrace.internal.v1.BoundsResponse;
import io.millrace.internal.v1.ChangeMetadataRequest;
import io.millrace.internal.v1.ChangeMetadataResponse;
import io.millrace.internal.v1.CheckReplicaPart;
import io.millrace.internal.v1.CheckReplicaRequest;
import io.millrace.internal.v1.ExecuteRequest;
import io.millrace.internal.v1.ExecuteResponse;
import io.millrace.internal.v1.FindGroupRequest;
import io.millrace.internal.v1.FindGroupResponse;
import io.millrace.internal.v1.HelloRequest;
import io.millrace.internal.v1.HelloResponse;
import io.millrace.internal.v1.MetadataPart;
import io.millrace.internal.v1.PartitionBounds;
import io.millrace.internal.v1.PeerServiceGrpc;
import io.millrace.internal.v1.ReadExtentPart;
import io.millrace.internal.v1.ReadExtentRequest;
import io.millrace.internal.v1.ReplicaStatus;
import io.millrace.internal.v1.StatusRequest;
import io.millrace.internal.v1.StatusResponse;
import io.millrace.internal.v1.WatchMetadataRequest;
import io.millrace.replication.state.CommandCodec;
import io.millrace.replication.state.ShardCommand;
import io.millrace.replication.state.UnknownEntryException;
import java.nio.ByteBuffer;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The gRPC face of {@link PeerCalls}. Translates; decides nothing. */
final class PeerService extends PeerServiceGrpc.PeerServiceImplBase {
    private static final int PART_BYTES = 1 << 20;
    private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final Supplier<Member> self;
    private final Supplier<@Nullable PeerCalls> calls;
    private final MetadataWatchers watchers;
    private final PeerErrors errors;
    private final LongSupplier nanos;

    PeerService(
            Supplier<Member> self,
            Supplier<@Nullable PeerCalls> calls,
            MetadataWatchers watchers,
            PeerErrors errors,
            LongSupplier nanos) {
        this.self = self;
        this.calls = calls;
        this.watchers = watchers;
        this.errors = errors;
        this.nanos = nanos;
    }

    private <A> void answer(StreamObserver<A> responses, Supplier<A> call) {
        A response;
        try {
            response = call.get();
        } catch (RuntimeException e) {
            responses.onError(errors.exception(e));
            return;
        }
        responses.onNext(response);
        responses.onCompleted();
    }

    private PeerCalls calls() {
        PeerCalls open = calls.get();
        if (open == null) {
            throw Fault.of(
                            ErrorCode.SHARD_UNAVAILABLE,
                            "broker/" + self.get().peer().broker(),
                            "The broker is starting. Try again.")
                    .asException();
        }
        return open;
    }

    private long deadline() {
        Deadline deadline = Context.current().getDeadline();
        long left = deadline == null ? LONGEST_NANOS : deadline.timeRemaining(TimeUnit.NANOSECONDS);
        return nanos.getAsLong() + Math.min(left, LONGEST_NANOS);
    }

    @Override
    public void hello(HelloRequest request, StreamObserver<HelloResponse> responses) {
        answer(responses, () -> {
            if (request.getProtocol() != PeerServer.PROTOCOL) {
                throw PeerServer.otherProtocol(request.getProtocol()).asException();
            }
            Member caller;
            try {
                caller = MemberCodec.decode(request.getSender());
            } catch (IllegalArgumentException e) {
                throw Fault.of(ErrorCode.INVALID_REQUEST, "", "Hello cannot be read: " + e.getMessage())
                        .asException();
            }
            PeerCalls open = calls.get();
            Fault refusal = open == null ? null : open.stranger(caller);
            if (refusal != null) {
                throw refusal.asException();
            }
            return HelloResponse.newBuilder()
                    .setProtocol(PeerServer.PROTOCOL)
                    .setMember(MemberCodec.encode(self.get()))
                    .build();
        });
    }

    @Override
    public void changeMetadata(ChangeMetadataRequest request, StreamObserver<ChangeMetadataResponse> responses) {
        answer(responses, () -> {
            MetadataChange change = calls().change(request.getEntry(), deadline());
            return ChangeMetadataResponse.newBuilder()
                    .setVersion(change.version())
                    .setProducerIds(change.producerIds())
                    .build();
        });
    }

    @Override
    public StreamObserver<WatchMetadataRequest> watchMetadata(StreamObserver<MetadataPart> responses) {
        return watchers.add(responses);
    }

    @Override
    public void execute(ExecuteRequest request, StreamObserver<ExecuteResponse> responses) {
        answer(responses, () -> {
            String resource = "shard/" + request.getShard();
            ShardCommand command = command(request, resource);
            if (!ResultCodec.travels(command)) {
                throw Fault.of(ErrorCode.INVALID_REQUEST, resource, "This command goes to the leader by its client.")
                        .asException();
            }
            return ResultCodec.encode(calls().execute(request.getShard(), command, deadline()), resource);
        });
    }

    private static ShardCommand command(ExecuteRequest request, String resource) {
        try {
            return CommandCodec.decode(request.getCommand());
        } catch (UnknownEntryException | IllegalArgumentException e) {
            throw Fault.of(
                            ErrorCode.INVALID_REQUEST,
                            resource,
                            "The command is not understood (" + e.getMessage() + "); update this broker.")
                    .asException();
        }
    }

    @Override
    public void findGroup(FindGroupRequest request, StreamObserver<FindGroupResponse> responses) {
        answer(responses, () -> {
            UUID found = calls().findGroup(request.getShard(), request.getName());
            FindGroupResponse.Builder response = FindGroupResponse.newBuilder();
            if (found != null) {
                response.setGroupId(MemberCodec.bytes(found));
            }
            return response.build();
        });
    }

    @Override
    public void bounds(BoundsRequest request, StreamObserver<BoundsResponse> responses) {
        answer(responses, () -> {
            BoundsResponse.Builder response = BoundsResponse.newBuilder();
            for (Bounds one : calls().bounds(request.getShard(), id(request.getTopicId()))) {
                response.addPartitions(PartitionBounds.newBuilder()
                        .setNumber(one.partition())
                        .setLogStart(one.logStart())
                        .setLogEnd(one.logEnd())
                        .setRecords(one.records())
                        .setBytes(one.bytes()));
            }
            return response.build();
        });
    }

    private static UUID id(ByteString bytes) {
        try {
            return MemberCodec.id(bytes);
        } catch (IllegalArgumentException e) {
            throw Fault.of(ErrorCode.INVALID_REQUEST, "", "An id has 16 bytes.").asException();
        }
    }

    @Override
    public void checkReplica(CheckReplicaRequest request, StreamObserver<CheckReplicaPart> responses) {
        ServerCallStreamObserver<CheckReplicaPart> stream = (ServerCallStreamObserver<CheckReplicaPart>) responses;
        stream.setOnCancelHandler(() -> {}); // asked for below
        try {
            calls().check(CheckCodec.decode(request), new CheckCodec.Sender(stream, stream::isCancelled));
        } catch (RuntimeException e) {
            if (!stream.isCancelled()) {
                stream.onError(errors.exception(e));
            }
            return;
        }
        stream.onNext(CheckReplicaPart.newBuilder().setDone(true).build());
        stream.onCompleted();
    }

    @Override
    public void readExtent(ReadExtentRequest request, StreamObserver<ReadExtentPart> responses) {
        ByteBuffer bytes;
        try {
            bytes = calls().extent(
                            request.getShard(),
                            request.getPartition(),
                            request.getBaseOffset(),
                            request.getLastOffset(),
                            request.getLength());
        } catch (RuntimeException e) {
            responses.onError(errors.exception(e));
            return;
        }
        while (bytes.hasRemaining()) {
            ByteString data = ByteString.copyFrom(bytes, Math.min(bytes.remaining(), PART_BYTES));
            responses.onNext(ReadExtentPart.newBuilder().setData(data).build());
        }
        responses.onCompleted();
    }

    @Override
    public void status(StatusRequest request, StreamObserver<StatusResponse> responses) {
        answer(responses, () -> {
            StatusResponse.Builder response = StatusResponse.newBuilder();
            for (ReplicaState state : calls().status()) {
                response.addReplicas(ReplicaStatus.newBuilder()
                        .setShard(state.shard())
                        .setTerm(state.term())
                        .setLeading(state.leading())
                        .setLeader(state.leader())
                        .setAppliedIndex(state.appliedIndex())
                        .setQuarantined(state.quarantined())
                        .setDamagedExtents(state.damagedExtents()));
            }
            return response.build();
        });
    }
}
