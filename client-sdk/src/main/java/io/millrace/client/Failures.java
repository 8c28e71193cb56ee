package io.millrace.client;

import io.millrace.error.Effect;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import org.jspecify.annotations.Nullable;

/** The one place where a {@link Fault} becomes an exception: which class each error code has. */
final class Failures {
    private Failures() {}

    static MillraceException of(FaultException thrown) {
        return of(thrown.fault(), thrown);
    }

    static MillraceException of(Fault fault, @Nullable Throwable cause) {
        if (fault.effect() == Effect.UNKNOWN) {
            return new IndeterminateException(fault, cause);
        }
        return switch (fault.code()) {
            case OFFSET_OUT_OF_RANGE -> new OffsetOutOfRangeException(fault, cause);
            case FENCED, PRODUCER_FENCED -> new FencedException(fault, cause);
            case OUT_OF_ORDER_SEQUENCE, SESSION_EXPIRED -> new ProducerSessionException(fault, cause);
            case NOT_LEADER -> new NotLeaderException(fault, cause);
            case POSITION_NOT_READY,
                    SHARD_UNAVAILABLE,
                    DEADLINE_EXCEEDED,
                    STOPPING,
                    OVERLOADED,
                    STORAGE_FULL,
                    TOPIC_NOT_READY -> new RetriableException(fault, cause);
            case CORRUPT -> new CorruptDataException(fault, cause);
            case UNKNOWN_OUTCOME -> new IndeterminateException(fault, cause);
            case CANCELLED -> new CancelledException(fault, cause);
            case INTERNAL,
                    PORT_IN_USE,
                    DIRECTORY_LOCKED,
                    DIRECTORY_NOT_WRITABLE,
                    WRONG_CLUSTER,
                    NEWER_FORMAT,
                    DAMAGED_DIRECTORY,
                    BROKER_ID_IN_USE,
                    STALE_BROKER -> new InternalErrorException(fault, cause);
            case INVALID_REQUEST,
                    UNSUPPORTED_VERSION,
                    UNKNOWN_TOPIC,
                    UNKNOWN_PARTITION,
                    TOPIC_ALREADY_EXISTS,
                    INVALID_TOPIC_NAME,
                    INVALID_CONFIG,
                    UNKNOWN_CONFIG,
                    BATCH_TOO_LARGE,
                    CORRUPT_BATCH,
                    UNSUPPORTED_BATCH_FORMAT,
                    INVALID_BATCH,
                    BATCH_EXPANDS_TOO_FAR,
                    INVALID_GROUP_NAME,
                    UNKNOWN_GROUP,
                    METADATA_TOO_LARGE,
                    INVALID_POSITION,
                    REPLICATION_UNSUPPORTED,
                    EXPECTED_OFFSET_MISMATCH -> new InvalidRequestException(fault, cause);
        };
    }
}
