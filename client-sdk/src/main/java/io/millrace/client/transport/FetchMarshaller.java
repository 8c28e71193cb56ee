package io.millrace.client.transport;

import com.google.protobuf.CodedInputStream;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.v1.FetchRequest;
import io.millrace.v1.FetchResponse;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a fetch response with one copy: from the network's buffers into one array, which the batches of the message then share. gRPC's own copies
 * each batch once more out of the message. Thread safe.
 */
final class FetchMarshaller implements MethodDescriptor.Marshaller<FetchResponse> {
    private final MethodDescriptor.Marshaller<FetchResponse> stock;

    private FetchMarshaller(MethodDescriptor.Marshaller<FetchResponse> stock) {
        this.stock = stock;
    }

    static MethodDescriptor<FetchRequest, FetchResponse> adapt(MethodDescriptor<FetchRequest, FetchResponse> method) {
        return method.toBuilder(method.getRequestMarshaller(), new FetchMarshaller(method.getResponseMarshaller()))
                .build();
    }

    @Override
    public InputStream stream(FetchResponse value) {
        return stock.stream(value);
    }

    @Override
    public FetchResponse parse(InputStream stream) {
        try {
            byte[] message = stream.readAllBytes();
            CodedInputStream input = CodedInputStream.newInstance(message);
            input.enableAliasing(true);
            input.setSizeLimit(Integer.MAX_VALUE);
            return FetchResponse.parseFrom(input);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private static StatusRuntimeException unreadable(@Nullable Throwable cause) {
        return Status.INTERNAL
                .withDescription("the fetch response cannot be read")
                .withCause(cause)
                .asRuntimeException();
    }
}
