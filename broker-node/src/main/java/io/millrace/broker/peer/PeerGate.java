package io.millrace.broker.peer;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.millrace.broker.cluster.Member;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.internal.v1.PeerServiceGrpc;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Stands before every call of another broker but Hello, and refuses those of another protocol or cluster, or that are not for us. Thread safe. */
final class PeerGate implements ServerInterceptor {
    private static final String HELLO = PeerServiceGrpc.getHelloMethod().getFullMethodName();

    private final PeerErrors errors;
    private final Supplier<Member> self;
    private final Supplier<@Nullable PeerCalls> calls;

    /** @param calls null: the broker is no member yet */
    PeerGate(PeerErrors errors, Supplier<Member> self, Supplier<@Nullable PeerCalls> calls) {
        this.errors = errors;
        this.self = self;
        this.calls = calls;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        Fault fault = call.getMethodDescriptor().getFullMethodName().equals(HELLO) ? null : refusal(headers);
        if (fault != null) {
            call.close(Status.FAILED_PRECONDITION.withDescription(fault.message()), errors.trailers(fault));
            return new ServerCall.Listener<>() {};
        }
        return next.startCall(call, headers);
    }

    private @Nullable Fault refusal(Metadata metadata) {
        Headers headers;
        try {
            headers = Headers.read(metadata);
        } catch (IllegalArgumentException e) {
            return Fault.of(ErrorCode.INVALID_REQUEST, "", "The call does not say who calls: " + e.getMessage());
        }
        Member me = self.get();
        String resource = "broker/" + me.peer().broker();
        if (headers.protocol() != PeerServer.PROTOCOL) {
            return PeerServer.otherProtocol(headers.protocol());
        }
        PeerCalls open = calls.get();
        if (open == null || me.formed() == null) {
            return Fault.of(ErrorCode.SHARD_UNAVAILABLE, resource, "The broker is starting. Try again.");
        }
        if (!headers.clusterId().equals(me.formed().clusterId())) {
            return Fault.of(
                    ErrorCode.WRONG_CLUSTER,
                    resource,
                    "This broker is a member of cluster " + me.formed().clusterId() + ", the caller of "
                            + headers.clusterId() + ".");
        }
        if (headers.target() >= 0 && headers.target() != me.peer().broker()) {
            return Fault.of(
                    ErrorCode.SHARD_UNAVAILABLE,
                    resource,
                    "This is broker " + me.peer().broker() + "; broker " + headers.target() + " is meant.");
        }
        return open.stranger(headers.broker(), headers.incarnation());
    }
}
