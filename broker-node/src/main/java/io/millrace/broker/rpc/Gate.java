package io.millrace.broker.rpc;

import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Stands before every call of ours: refuses clients of a newer protocol and, once the broker stops, new calls; counts those that are open.
 * gRPC's own services (health, reflection) pass. Thread safe.
 */
final class Gate implements ServerInterceptor {
    /** What this broker speaks. A client sends its own number; missing means this one. */
    static final int PROTOCOL = 1;

    static final Metadata.Key<String> PROTOCOL_KEY =
            Metadata.Key.of("millrace-protocol", Metadata.ASCII_STRING_MARSHALLER);

    private static final String OUR_SERVICES = "millrace.";

    private final Errors errors;
    private final int brokerId;
    private final AtomicInteger openCalls = new AtomicInteger();
    private final Set<Runnable> streams = ConcurrentHashMap.newKeySet();
    private volatile boolean isStopping;

    Gate(Errors errors, int brokerId) {
        this.errors = errors;
        this.brokerId = brokerId;
    }

    /** From now on new calls are refused; the streams that are open are asked to end. */
    void stop() {
        isStopping = true;
        streams.forEach(Runnable::run);
    }

    /** Calls back once at a stop, maybe at once, until {@link #forget}. */
    void onStop(Runnable stream) {
        streams.add(stream);
        if (isStopping) {
            stream.run();
        }
    }

    void forget(Runnable stream) {
        streams.remove(stream);
    }

    boolean isStopping() {
        return isStopping;
    }

    int openCalls() {
        return openCalls.get();
    }

    Fault stoppingFault() {
        return Fault.of(
                ErrorCode.STOPPING, "broker/" + brokerId, "The broker is stopping; try another one, or again later.");
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        if (!call.getMethodDescriptor().getFullMethodName().startsWith(OUR_SERVICES)) {
            return next.startCall(call, headers);
        }
        Fault fault = isStopping ? stoppingFault() : protocolFault(headers.get(PROTOCOL_KEY));
        if (fault != null) {
            call.close(Errors.status(fault.code()).withDescription(fault.message()), errors.trailers(fault));
            return new ServerCall.Listener<>() {};
        }
        openCalls.incrementAndGet();
        return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
            @Override
            public void onCancel() {
                openCalls.decrementAndGet();
                super.onCancel();
            }

            @Override
            public void onComplete() {
                openCalls.decrementAndGet();
                super.onComplete();
            }
        };
    }

    private static @Nullable Fault protocolFault(@Nullable String client) {
        if (client == null) {
            return null;
        }
        int version;
        try {
            version = Integer.parseInt(client);
        } catch (NumberFormatException e) {
            return Errors.invalid("", "The metadata millrace-protocol is '" + client + "', not a number.");
        }
        return version >= 1 && version <= PROTOCOL
                ? null
                : Fault.of(
                        ErrorCode.UNSUPPORTED_VERSION,
                        "",
                        "The client speaks protocol " + version + "; this broker speaks 1 to " + PROTOCOL
                                + ". Update the broker, or use an older client.");
    }
}
