package io.millrace.client.transport;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.millrace.error.Effect;
import io.millrace.error.Fault;
import io.millrace.v1.ProduceRequest;
import io.millrace.v1.ProduceResponse;
import org.jspecify.annotations.Nullable;

/**
 * A stream of appends to one broker. For one thread. Not reusable: where it closed, another is opened.
 */
public final class ProduceStream {
    private final ClientCall<ProduceRequest, ProduceResponse> call;
    private volatile boolean cancelled;

    /** Told on a network thread, one call at a time. */
    public interface Listener {
        void onResponse(ProduceResponse response);

        /** There is room again after {@link #isReady} was false. */
        void onReady();

        /** Once, last: nothing more comes, and of requests without a response nothing is known. */
        void onClosed(Fault why);
    }

    ProduceStream(BrokerAddress address, ClientCall<ProduceRequest, ProduceResponse> call, Listener listener) {
        this.call = call;
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onMessage(ProduceResponse response) {
                        listener.onResponse(response);
                        call.request(1);
                    }

                    @Override
                    public void onReady() {
                        listener.onReady();
                    }

                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        listener.onClosed(StatusTranslator.of(status, trailers, "broker/" + address, Effect.UNKNOWN));
                    }
                },
                new Metadata());
        call.request(2);
    }

    /** The batches of the request are not copied before the request has left: they must not change until its response, or for ever where none comes. */
    public void send(ProduceRequest request) {
        if (!cancelled) {
            call.sendMessage(request);
        }
    }

    /** The transport takes more without buffering much. */
    public boolean isReady() {
        return call.isReady();
    }

    /** Gives the stream up; {@link Listener#onClosed} follows. What is sent after this goes nowhere. */
    public void cancel(String why, @Nullable Throwable cause) {
        cancelled = true;
        call.cancel(why, cause);
    }
}
