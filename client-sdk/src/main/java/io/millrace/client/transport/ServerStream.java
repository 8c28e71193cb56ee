package io.millrace.client.transport;

import io.grpc.MethodDescriptor;
import io.millrace.v1.AdminServiceGrpc;
import io.millrace.v1.VerifyReplicasRequest;
import io.millrace.v1.VerifyReplicasResponse;

/** The calls that are answered bit by bit for as long as it takes. All may be made again. */
public record ServerStream<Q, R>(MethodDescriptor<Q, R> method) {
    public static final ServerStream<VerifyReplicasRequest, VerifyReplicasResponse> VERIFY_REPLICAS =
            new ServerStream<>(AdminServiceGrpc.getVerifyReplicasMethod());
}
