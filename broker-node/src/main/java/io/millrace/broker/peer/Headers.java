package io.millrace.broker.peer;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.util.UUID;

/**
 * Who calls whom, in the headers of every call between brokers. Immutable.
 *
 * @param target the broker that is meant; -1: whoever answers
 */
record Headers(int protocol, UUID clusterId, int broker, int incarnation, int target) {
    private static final Metadata.Key<String> KEY = Metadata.Key.of("millrace-peer", Metadata.ASCII_STRING_MARSHALLER);

    /** @throws IllegalArgumentException where there are none, or they cannot be read */
    static Headers read(Metadata metadata) {
        String text = metadata.get(KEY);
        String[] words = text == null ? new String[0] : text.split(" ", -1);
        if (words.length != 5) {
            throw new IllegalArgumentException("millrace-peer is '" + text + "'");
        }
        return new Headers(
                Integer.parseInt(words[0]),
                UUID.fromString(words[1]),
                Integer.parseInt(words[2]),
                Integer.parseInt(words[3]),
                Integer.parseInt(words[4]));
    }

    private String text() {
        return protocol + " " + clusterId + " " + broker + " " + incarnation + " " + target;
    }

    ClientInterceptor sent() {
        return new ClientInterceptor() {
            @Override
            public <Q, A> ClientCall<Q, A> interceptCall(
                    MethodDescriptor<Q, A> method, CallOptions options, Channel channel) {
                return new SimpleForwardingClientCall<>(channel.newCall(method, options)) {
                    @Override
                    public void start(Listener<A> listener, Metadata headers) {
                        headers.put(KEY, text());
                        super.start(listener, headers);
                    }
                };
            }
        };
    }
}
