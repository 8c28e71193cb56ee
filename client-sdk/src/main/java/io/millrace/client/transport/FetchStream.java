package io.millrace.client.transport;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.millrace.error.Effect;
import io.millrace.error.Fault;
import io.millrace.v1.FetchRequest;
import io.millrace.v1.FetchResponse;
import org.jspecify.annotations.Nullable;

/**
 * A stream of reads from one broker. Calls are not concurrent. Not reusable: where it closed, another is opened.
 */
public final class FetchStream {
    private final ClientCall<FetchRequest, FetchResponse> call;
    private volatile boolean cancelled;

    /** Told on a network thread, one call at a time. */
    public interface Listener {
        void onResponse(FetchResponse response);

        /** Once, last: requests without a response get none. */
        void onClosed(Fault why);
    }

    FetchStream(BrokerAddress address, ClientCall<FetchRequest, FetchResponse> call, Listener listener) {
        this.call = call;
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onMessage(FetchResponse response) {
                        call.request(1);
                        listener.onResponse(response);
                    }

                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        listener.onClosed(
                                StatusTranslator.of(status, trailers, "broker/" + address, Effect.NOT_WRITTEN));
                    }
                },
                new Metadata());
        call.request(2);
    }

    public void send(FetchRequest request) {
        if (!cancelled) {
            call.sendMessage(request);
        }
    }

    /** Gives the stream up; {@link Listener#onClosed} follows. What is sent after this goes nowhere. */
    public void cancel(String why, @Nullable Throwable cause) {
        cancelled = true;
        call.cancel(why, cause);
    }
}
