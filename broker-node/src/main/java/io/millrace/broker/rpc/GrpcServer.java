package io.millrace.broker.rpc;

import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallExecutorSupplier;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.millrace.broker.ops.ClusterHealth;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.v1.FetchServiceGrpc;
import io.millrace.v1.ProduceServiceGrpc;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gRPC front-end: services, health, reflection, and the port. Streams of records run on the connection's own thread, since they only
 * hand over; calls that block run on the pool.
 */
public final class GrpcServer {
    private static final Logger LOG = LoggerFactory.getLogger(GrpcServer.class);

    /** Room for what stands around a batch in its message. */
    private static final int MESSAGE_OVERHEAD_BYTES = 1 << 20;

    /** Measured to help a little with messages of a megabyte; it bounds what one connection may have on the way. */
    private static final int FLOW_CONTROL_WINDOW_BYTES = 8 << 20;

    private final Server server;
    private final Gate gate;
    private final HealthStatusManager health;
    private final Core core;

    /** What the front-end needs to know. Calls that block run on {@code blocking}, reads on {@code readers}. */
    public record Settings(
            InetSocketAddress address,
            int brokerId,
            String version,
            int maxBatchBytes,
            int maxResponseBytes,
            int maxCallsPerConnection,
            Duration requestTimeout,
            LongSupplier nanos,
            ClusterHealth health,
            Executor blocking,
            Executor readers) {}

    private GrpcServer(Server server, Gate gate, HealthStatusManager health, Core core) {
        this.server = server;
        this.gate = gate;
        this.health = health;
        this.core = core;
    }

    /** Listens once this returns. @throws FaultException PORT_IN_USE */
    public static GrpcServer start(Core core, Settings settings) {
        Errors errors = new Errors(settings.brokerId());
        Gate gate = new Gate(errors, settings.brokerId());
        Deadlines deadlines = new Deadlines(settings.requestTimeout(), settings.nanos());
        HealthStatusManager health = new HealthStatusManager();
        Server server = NettyServerBuilder.forAddress(settings.address())
                .executor(settings.blocking())
                .callExecutor(new ByMethod())
                .maxInboundMessageSize(settings.maxBatchBytes() + MESSAGE_OVERHEAD_BYTES)
                .flowControlWindow(FLOW_CONTROL_WINDOW_BYTES)
                .maxConcurrentCallsPerConnection(settings.maxCallsPerConnection())
                .permitKeepAliveTime(10, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .intercept(gate)
                .addService(new ProduceService(
                        core.appends(),
                        core.plainRecords(),
                        core.producerIds(),
                        core.budget(),
                        errors,
                        deadlines,
                        gate))
                .addService(new FetchService(
                        core.fetches(),
                        core.partitions(),
                        core.budget(),
                        errors,
                        settings.readers(),
                        settings.maxResponseBytes(),
                        gate))
                .addService(new AdminService(
                        core.metadata(),
                        core.partitions(),
                        core.topics(),
                        errors,
                        deadlines,
                        settings.health(),
                        new VerifyCalls(core.verification(), core.partitions(), errors, gate),
                        settings.brokerId(),
                        settings.version()))
                .addService(new PositionService(core.positions(), errors, deadlines))
                .addService(health.getHealthService())
                .addService(ProtoReflectionServiceV1.newInstance())
                .build();
        try {
            server.start();
        } catch (IOException e) {
            throw new FaultException(
                    Fault.of(
                            ErrorCode.PORT_IN_USE,
                            "port/" + settings.address().getPort(),
                            "Cannot listen on " + settings.address().getHostString() + ":"
                                    + settings.address().getPort() + ": " + reason(e)
                                    + ". Stop the process that has the port, or set listen.port (--port; 0 takes a free one)."),
                    e);
        }
        return new GrpcServer(server, gate, health, core);
    }

    private static String reason(IOException e) {
        return String.valueOf(
                e.getCause() == null ? e.getMessage() : e.getCause().getMessage());
    }

    /** Which thread a call's messages come on; null is the pool. */
    private static final class ByMethod implements ServerCallExecutorSupplier {
        private static final String PRODUCE =
                ProduceServiceGrpc.getProduceMethod().getFullMethodName();
        private static final String FETCH = FetchServiceGrpc.getFetchMethod().getFullMethodName();

        @Override
        @SuppressWarnings("NullAway") // gRPC documents null as "the server's own executor"
        public <Q, A> Executor getExecutor(ServerCall<Q, A> call, Metadata metadata) {
            String method = call.getMethodDescriptor().getFullMethodName();
            return method.equals(PRODUCE) || method.equals(FETCH) ? Runnable::run : null;
        }
    }

    public int port() {
        return server.getPort();
    }

    public int openCalls() {
        return gate.openCalls();
    }

    /** What gRPC's health service tells. */
    public void serving(boolean isServing) {
        health.setStatus(
                HealthStatusManager.SERVICE_NAME_ALL_SERVICES,
                isServing ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);
    }

    /** Refuses new calls and new requests (STOPPING), answers what waits, and gives what is in flight until the end of the grace. */
    public void stop(Duration grace) {
        gate.stop();
        health.enterTerminalState();
        // Waiting fetches become readable and are answered; the streams then end by themselves.
        core.fetches().stopWaiting();
        server.shutdown();
        try {
            if (!server.awaitTermination(grace.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.info("{} calls were still open after {} and are cut off", gate.openCalls(), grace);
                server.shutdownNow();
                server.awaitTermination(5, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            server.shutdownNow();
        }
    }
}
