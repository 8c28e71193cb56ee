package io.millrace.broker.rpc;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.broker.metadata.Waiting;
import io.millrace.error.Effect;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultCodec;
import io.millrace.v1.ErrorDetail;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one translator from faults to what gRPC answers: an {@code ErrorDetail} in the response of a part, or a status whose trailers carry it
 * under {@code millrace-error-bin}. Thread safe.
 */
final class Errors {
    static final Metadata.Key<byte[]> DETAIL_KEY =
            Metadata.Key.of("millrace-error-bin", Metadata.BINARY_BYTE_MARSHALLER);

    private static final Logger LOG = LoggerFactory.getLogger(Errors.class);

    private final FaultCodec codec;

    Errors(int brokerId) {
        this.codec = new FaultCodec(brokerId);
    }

    ErrorDetail detail(Fault fault) {
        return codec.encode(fault);
    }

    /** Of a part, by what its future failed with. */
    ErrorDetail detail(Throwable failure, String resource) {
        Fault fault = Waiting.faultOf(failure, resource);
        logIfOurs(fault, failure);
        return detail(fault);
    }

    StatusRuntimeException exception(Fault fault) {
        return status(fault.code()).withDescription(fault.message()).asRuntimeException(trailers(fault));
    }

    StatusRuntimeException exception(Throwable failure) {
        if (failure instanceof StatusRuntimeException already) {
            return already;
        }
        Fault fault = Waiting.faultOf(failure, "");
        logIfOurs(fault, failure);
        return exception(fault);
    }

    Metadata trailers(Fault fault) {
        Metadata trailers = new Metadata();
        trailers.put(DETAIL_KEY, detail(fault).toByteArray());
        return trailers;
    }

    private static void logIfOurs(Fault fault, Throwable failure) {
        if (fault.code() == ErrorCode.INTERNAL) {
            LOG.error("A call failed by a bug: {}", fault.message(), failure);
        }
    }

    /** Something in the request that no valid client sends. */
    static Fault invalid(String resource, String message) {
        return new Fault(ErrorCode.INVALID_REQUEST, message, resource, Effect.NOT_WRITTEN, null);
    }

    /** The nearest of gRPC's own codes, for clients that look no further. */
    static Status status(ErrorCode code) {
        return switch (code) {
            case INVALID_REQUEST,
                    INVALID_TOPIC_NAME,
                    INVALID_GROUP_NAME,
                    INVALID_CONFIG,
                    UNKNOWN_CONFIG,
                    BATCH_TOO_LARGE,
                    CORRUPT_BATCH,
                    UNSUPPORTED_BATCH_FORMAT,
                    INVALID_BATCH,
                    BATCH_EXPANDS_TOO_FAR,
                    METADATA_TOO_LARGE,
                    INVALID_POSITION,
                    REPLICATION_UNSUPPORTED -> Status.INVALID_ARGUMENT;
            case UNKNOWN_TOPIC, UNKNOWN_PARTITION, UNKNOWN_GROUP -> Status.NOT_FOUND;
            case TOPIC_ALREADY_EXISTS -> Status.ALREADY_EXISTS;
            case OFFSET_OUT_OF_RANGE -> Status.OUT_OF_RANGE;
            case UNSUPPORTED_VERSION,
                    FENCED,
                    POSITION_NOT_READY,
                    OUT_OF_ORDER_SEQUENCE,
                    PRODUCER_FENCED,
                    SESSION_EXPIRED,
                    EXPECTED_OFFSET_MISMATCH -> Status.FAILED_PRECONDITION;
            case NOT_LEADER, SHARD_UNAVAILABLE, STOPPING, TOPIC_NOT_READY -> Status.UNAVAILABLE;
            case DEADLINE_EXCEEDED -> Status.DEADLINE_EXCEEDED;
            case OVERLOADED, STORAGE_FULL -> Status.RESOURCE_EXHAUSTED;
            case CORRUPT -> Status.DATA_LOSS;
            case UNKNOWN_OUTCOME -> Status.UNKNOWN;
            case CANCELLED -> Status.CANCELLED;
            case INTERNAL,
                    PORT_IN_USE,
                    DIRECTORY_LOCKED,
                    DIRECTORY_NOT_WRITABLE,
                    WRONG_CLUSTER,
                    NEWER_FORMAT,
                    DAMAGED_DIRECTORY,
                    BROKER_ID_IN_USE,
                    STALE_BROKER -> Status.INTERNAL;
        };
    }
}
