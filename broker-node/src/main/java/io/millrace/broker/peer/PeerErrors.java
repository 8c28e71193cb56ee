package io.millrace.broker.peer;

import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.broker.metadata.Waiting;
import io.millrace.error.Effect;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultCodec;
import io.millrace.error.FaultException;
import io.millrace.v1.ErrorDetail;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Faults between brokers: an {@code ErrorDetail} in the trailers, as clients get it. Thread safe. */
final class PeerErrors {
    private static final Logger LOG = LoggerFactory.getLogger(PeerErrors.class);
    private static final Metadata.Key<byte[]> DETAIL_KEY =
            Metadata.Key.of("millrace-error-bin", Metadata.BINARY_BYTE_MARSHALLER);

    private final FaultCodec codec;

    PeerErrors(int brokerId) {
        this.codec = new FaultCodec(brokerId);
    }

    StatusRuntimeException exception(RuntimeException failure) {
        if (failure instanceof StatusRuntimeException already) {
            return already;
        }
        Fault fault = Waiting.faultOf(failure, "");
        if (fault.code() == ErrorCode.INTERNAL) {
            LOG.error("A call of another broker failed by a bug: {}", fault.message(), failure);
        }
        return Status.UNAVAILABLE.withDescription(fault.message()).asRuntimeException(trailers(fault));
    }

    Metadata trailers(Fault fault) {
        Metadata trailers = new Metadata();
        trailers.put(DETAIL_KEY, codec.encode(fault).toByteArray());
        return trailers;
    }

    /** What another broker said; where it said nothing, that the outcome is unknown. */
    static FaultException fault(int broker, StatusRuntimeException failure) {
        Metadata trailers = failure.getTrailers();
        byte[] detail = trailers == null ? null : trailers.get(DETAIL_KEY);
        if (detail != null) {
            try {
                return new FaultException(FaultCodec.decode(ErrorDetail.parseFrom(detail)), failure);
            } catch (InvalidProtocolBufferException e) {
                failure.addSuppressed(e);
            }
        }
        String resource = broker < 0 ? "" : "broker/" + broker;
        Fault fault = failure.getStatus().getCode() == Status.Code.UNIMPLEMENTED
                ? Fault.of(ErrorCode.UNSUPPORTED_VERSION, resource, "The broker does not know the call: update it.")
                : new Fault(
                        ErrorCode.UNKNOWN_OUTCOME,
                        "The broker did not answer: " + failure.getStatus().getCode() + " "
                                + failure.getStatus().getDescription(),
                        resource,
                        Effect.UNKNOWN,
                        null);
        return new FaultException(fault, failure);
    }
}
