package io.millrace.client.transport;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptors;
import io.grpc.ConnectivityState;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.millrace.error.Effect;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.v1.FetchServiceGrpc;
import io.millrace.v1.ProduceServiceGrpc;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The way to one broker: calls and streams over one HTTP/2 connection, which is made and made again when needed. Thread safe. */
public final class Connection {
    /** The protocol that this client speaks; a broker that does not answers UNSUPPORTED_VERSION. */
    static final Metadata.Key<String> PROTOCOL = Metadata.Key.of("millrace-protocol", Metadata.ASCII_STRING_MARSHALLER);

    static final String PROTOCOL_VERSION = "1";

    /** "true": the broker forwards what another one leads, instead of naming that one. */
    static final Metadata.Key<String> FORWARD = Metadata.Key.of("millrace-forward", Metadata.ASCII_STRING_MARSHALLER);

    private final BrokerAddress address;
    private final ManagedChannel managed;
    private final Channel channel;

    Connection(BrokerAddress address, ManagedChannel managed, boolean forward) {
        this.address = address;
        this.managed = managed;
        Metadata headers = new Metadata();
        headers.put(PROTOCOL, PROTOCOL_VERSION);
        if (forward) {
            headers.put(FORWARD, "true");
        }
        this.channel = ClientInterceptors.intercept(managed, MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    public BrokerAddress address() {
        return address;
    }

    /**
     * Calls and waits for the answer, at most so long.
     *
     * @throws FaultException where the call failed; an interrupt fails it with CANCELLED and leaves the thread interrupted
     */
    public <Q, R> R call(Unary<Q, R> unary, Q request, long timeoutNanos) {
        connectNow();
        Deadline deadline = Deadline.after(Math.max(1, timeoutNanos), TimeUnit.NANOSECONDS);
        if (unary.whenUnknown() == Effect.UNKNOWN) {
            awaitConnected(deadline);
        }
        try {
            return ClientCalls.blockingUnaryCall(
                    channel, unary.method(), CallOptions.DEFAULT.withDeadline(deadline), request);
        } catch (StatusRuntimeException e) {
            Fault fault = StatusTranslator.of(notOurs(e.getStatus()), e.getTrailers(), resource(), unary.whenUnknown());
            throw new FaultException(fault, e);
        }
    }

    /**
     * Calls, and hears the answers as they come, on this thread, until the last one. There is no deadline: a broker that falls silent is noticed by the connection.
     *
     * @throws FaultException where the call failed; an interrupt fails it with CANCELLED and leaves the thread interrupted
     */
    public <Q, R> void call(ServerStream<Q, R> stream, Q request, Consumer<R> each) {
        connectNow();
        try (Context.CancellableContext open = Context.current().withCancellation()) {
            open.run(() -> ClientCalls.blockingServerStreamingCall(
                            channel, stream.method(), CallOptions.DEFAULT, request)
                    .forEachRemaining(each));
        } catch (StatusRuntimeException e) {
            Fault fault = StatusTranslator.of(notOurs(e.getStatus()), e.getTrailers(), resource(), Effect.NOT_WRITTEN);
            throw new FaultException(fault, e);
        }
    }

    /** A call that ends as cancelled though nobody here gave it up was ended by a broker that dies. */
    private static Status notOurs(Status status) {
        return status.getCode() == Status.Code.CANCELLED
                        && !Thread.currentThread().isInterrupted()
                ? Status.UNAVAILABLE.withDescription(status.getDescription()).withCause(status.getCause())
                : status;
    }

    /**
     * Waits while the connection is being made, so that a request whose outcome would be open leaves only over one that stands: what fails before that is known not to be done.
     */
    private void awaitConnected(Deadline deadline) {
        ConnectivityState state = managed.getState(true);
        while (state == ConnectivityState.IDLE || state == ConnectivityState.CONNECTING) {
            CountDownLatch changed = new CountDownLatch(1);
            managed.notifyWhenStateChanged(state, changed::countDown);
            try {
                if (!changed.await(deadline.timeRemaining(TimeUnit.NANOSECONDS), TimeUnit.NANOSECONDS)) {
                    throw Fault.of(ErrorCode.DEADLINE_EXCEEDED, resource(), "no connection was made in time")
                            .asException();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new FaultException(Fault.of(ErrorCode.CANCELLED, resource(), "interrupted while connecting"), e);
            }
            state = managed.getState(true);
        }
    }

    /** The fault comes from here, not from the broker: it could not be reached, the connection broke, or no answer came in time. */
    public boolean isOwn(Fault fault) {
        return fault.resource().equals(resource())
                && (fault.code() == ErrorCode.SHARD_UNAVAILABLE || fault.code() == ErrorCode.DEADLINE_EXCEEDED);
    }

    private String resource() {
        return "broker/" + address;
    }

    /** Opens a stream of appends. The listener is called on a network thread, or on this one before the call returns, and must not block. */
    public ProduceStream openProduce(ProduceStream.Listener listener) {
        connectNow();
        ClientCall<io.millrace.v1.ProduceRequest, io.millrace.v1.ProduceResponse> call =
                channel.newCall(ProduceServiceGrpc.getProduceMethod(), CallOptions.DEFAULT);
        return new ProduceStream(address, call, listener);
    }

    /** Opens a stream of reads. The listener is called on a network thread, or on this one before the call returns, and must not block. */
    public FetchStream openFetch(FetchStream.Listener listener) {
        connectNow();
        return new FetchStream(
                address,
                channel.newCall(FetchMarshaller.adapt(FetchServiceGrpc.getFetchMethod()), CallOptions.DEFAULT),
                listener);
    }

    /** Whoever calls has waited its own backoff; gRPC's own, which grows to minutes, is cut short. */
    private void connectNow() {
        if (managed.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
            managed.resetConnectBackoff();
        }
    }

    void close() {
        managed.shutdownNow();
    }
}
