package io.millrace.client.transport;

import com.google.protobuf.CodedInputStream;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.v1.FetchRequest;
import io.millrace.v1.FetchResponse;
import java.io.EOFException;
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
            byte[] message = read(stream);
            CodedInputStream input = CodedInputStream.newInstance(message);
            input.enableAliasing(true);
            input.setSizeLimit(Integer.MAX_VALUE);
            return FetchResponse.parseFrom(input);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /** gRPC's streams say how much they hold; without that, the JDK gathers pieces of 8 KiB and copies them together. */
    private static byte[] read(InputStream stream) throws IOException {
        if (!(stream instanceof KnownLength)) {
            return stream.readAllBytes();
        }
        byte[] message = new byte[stream.available()];
        if (stream.readNBytes(message, 0, message.length) != message.length) {
            throw new EOFException("the message is shorter than its stream said");
        }
        return message;
    }

    private static StatusRuntimeException unreadable(@Nullable Throwable cause) {
        return Status.INTERNAL
                .withDescription("the fetch response cannot be read")
                .withCause(cause)
                .asRuntimeException();
    }
}
