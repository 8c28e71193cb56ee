package io.millrace.client.transport;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.Metadata;
import io.grpc.Status;
import io.millrace.error.Effect;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultCodec;
import io.millrace.v1.ErrorDetail;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** From the status of a failed call to a {@link Fault}: the only place of the client that knows gRPC's codes. What the broker itself says reads {@link FaultCodec}. Pure. */
public final class StatusTranslator {
    /** Where a failed call carries its {@link ErrorDetail}. */
    static final Metadata.Key<byte[]> ERROR_DETAIL =
            Metadata.Key.of("millrace-error-bin", Metadata.BINARY_BYTE_MARSHALLER);

    private StatusTranslator() {}

    /**
     * The fault of a call that failed whole.
     *
     * @param whenUnknown the effect to assume where the broker did not say and the request may have reached it
     */
    static Fault of(Status status, @Nullable Metadata trailers, String resource, Effect whenUnknown) {
        byte[] detail = trailers == null ? null : trailers.get(ERROR_DETAIL);
        if (detail != null) {
            try {
                return FaultCodec.decode(ErrorDetail.parseFrom(detail));
            } catch (InvalidProtocolBufferException e) {
                return new Fault(
                        ErrorCode.INTERNAL,
                        "the broker's error cannot be read: " + e.getMessage(),
                        resource,
                        whenUnknown,
                        null);
            }
        }
        String message = message(status);
        return switch (status.getCode()) {
            case UNAVAILABLE ->
                new Fault(
                        ErrorCode.SHARD_UNAVAILABLE,
                        message,
                        resource,
                        neverArrived(status.getCause()) ? Effect.NOT_WRITTEN : whenUnknown,
                        null);
            case DEADLINE_EXCEEDED -> new Fault(ErrorCode.DEADLINE_EXCEEDED, message, resource, whenUnknown, null);
            case CANCELLED -> new Fault(ErrorCode.CANCELLED, message, resource, whenUnknown, null);
            case RESOURCE_EXHAUSTED -> new Fault(ErrorCode.OVERLOADED, message, resource, Effect.NOT_WRITTEN, null);
            case INVALID_ARGUMENT -> new Fault(ErrorCode.INVALID_REQUEST, message, resource, Effect.NOT_WRITTEN, null);
            case UNIMPLEMENTED ->
                new Fault(
                        ErrorCode.UNSUPPORTED_VERSION,
                        "the peer does not know this call; is it a Millrace broker of this version? " + message,
                        resource,
                        Effect.NOT_WRITTEN,
                        null);
            default -> new Fault(ErrorCode.INTERNAL, message, resource, whenUnknown, null);
        };
    }

    private static String message(Status status) {
        StringBuilder text = new StringBuilder();
        if (status.getDescription() != null) {
            text.append(status.getDescription());
        }
        Throwable cause = status.getCause();
        if (cause != null && cause.getMessage() != null) {
            text.append(text.isEmpty() ? "" : ": ").append(cause.getMessage());
        }
        return text.isEmpty() ? status.getCode().toString() : text.toString();
    }

    /** There was no connection, so the request cannot have left. */
    private static boolean neverArrived(@Nullable Throwable cause) {
        for (Throwable each = cause; each != null; each = each.getCause()) {
            if (each instanceof ConnectException || each instanceof UnknownHostException) {
                return true;
            }
        }
        return false;
    }

    /** 128-bit ids in text. */
    public static String hex(ByteString id) {
        return HexFormat.of().formatHex(id.toByteArray());
    }
}
