package io.millrace.replication.ratis;

import java.util.EnumSet;
import org.apache.ratis.grpc.server.GrpcServices;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyServerBuilder;

/**
 * Lets nothing through the Raft port but what servers say to each other. Ratis' client and admin calls, which need no credentials, could write to a
 * shard past its proposer, or delete its log. A broker that stands alone has no peers: it refuses everything.
 */
final class RaftPortGuard implements GrpcServices.Customizer, ServerInterceptor {
    private static final String BETWEEN_SERVERS = "ratis.grpc.RaftServerProtocolService";

    private final boolean isAlone;

    RaftPortGuard(boolean isAlone) {
        this.isAlone = isAlone;
    }

    @Override
    public NettyServerBuilder customize(NettyServerBuilder builder, EnumSet<GrpcServices.Type> types) {
        return builder.intercept(this);
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        if (!isAlone && BETWEEN_SERVERS.equals(call.getMethodDescriptor().getServiceName())) {
            return next.startCall(call, headers);
        }
        String why = isAlone ? "this broker has no peers" : "this port is for brokers of the cluster";
        call.close(Status.PERMISSION_DENIED.withDescription(why), new Metadata());
        return new ServerCall.Listener<>() {};
    }
}
