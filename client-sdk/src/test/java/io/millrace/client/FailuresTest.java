package io.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.error.Effect;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class FailuresTest {

    @ParameterizedTest
    @CsvSource({
        "INVALID_REQUEST, InvalidRequestException, false",
        "UNSUPPORTED_VERSION, InvalidRequestException, false",
        "UNKNOWN_TOPIC, InvalidRequestException, false",
        "UNKNOWN_PARTITION, InvalidRequestException, false",
        "TOPIC_ALREADY_EXISTS, InvalidRequestException, false",
        "INVALID_TOPIC_NAME, InvalidRequestException, false",
        "INVALID_CONFIG, InvalidRequestException, false",
        "UNKNOWN_CONFIG, InvalidRequestException, false",
        "OFFSET_OUT_OF_RANGE, OffsetOutOfRangeException, false",
        "BATCH_TOO_LARGE, InvalidRequestException, false",
        "CORRUPT_BATCH, InvalidRequestException, false",
        "UNSUPPORTED_BATCH_FORMAT, InvalidRequestException, false",
        "INVALID_BATCH, InvalidRequestException, false",
        "BATCH_EXPANDS_TOO_FAR, InvalidRequestException, false",
        "INVALID_GROUP_NAME, InvalidRequestException, false",
        "UNKNOWN_GROUP, InvalidRequestException, false",
        "METADATA_TOO_LARGE, InvalidRequestException, false",
        "INVALID_POSITION, InvalidRequestException, false",
        "REPLICATION_UNSUPPORTED, InvalidRequestException, false",
        "FENCED, FencedException, false",
        "POSITION_NOT_READY, RetriableException, true",
        "OUT_OF_ORDER_SEQUENCE, ProducerSessionException, false",
        "PRODUCER_FENCED, FencedException, false",
        "SESSION_EXPIRED, ProducerSessionException, false",
        "EXPECTED_OFFSET_MISMATCH, InvalidRequestException, false",
        "NOT_LEADER, NotLeaderException, true",
        "SHARD_UNAVAILABLE, RetriableException, true",
        "DEADLINE_EXCEEDED, RetriableException, true",
        "STOPPING, RetriableException, true",
        "OVERLOADED, RetriableException, true",
        "STORAGE_FULL, RetriableException, true",
        "CORRUPT, CorruptDataException, false",
        "UNKNOWN_OUTCOME, IndeterminateException, true",
        "INTERNAL, InternalErrorException, false",
        "CANCELLED, CancelledException, false",
        "TOPIC_NOT_READY, RetriableException, true",
    })
    void givesEachCodeItsClass(ErrorCode code, String type, boolean retryable) {
        MillraceException made = Failures.of(Fault.of(code, "topic/t", "text"), null);
        assertThat(made.getClass().getSimpleName()).isEqualTo(type);
        assertThat(made.code()).isEqualTo(code);
        assertThat(made.isRetryable()).isEqualTo(retryable);
        assertThat(made.resource()).isEqualTo("topic/t");
        assertThat(made).hasMessage(code + " topic/t: text");
    }

    @ParameterizedTest
    @EnumSource(ErrorCode.class)
    void isIndeterminateWheneverTheEffectIsUnknown(ErrorCode code) {
        MillraceException made = Failures.of(Fault.unknown(code, "", ""), null);
        assertThat(made).isInstanceOf(IndeterminateException.class);
        assertThat(made.effect()).isEqualTo(Effect.UNKNOWN);
        assertThat(made).hasMessageContaining(code.meaning());
    }

    @Test
    void keepsFiguresOfTheErrorsThatHaveSome() {
        assertThat(((NotLeaderException)
                                Failures.of(Fault.of(ErrorCode.NOT_LEADER, "", "", new Fault.Leader("h", 1)), null))
                        .leader())
                .hasValue("h:1");
        FencedException fenced =
                (FencedException) Failures.of(Fault.of(ErrorCode.FENCED, "", "", new Fault.Owner(9, "ab")), null);
        assertThat(fenced.ownerEpoch()).isEqualTo(9);
        assertThat(fenced.owner()).isEqualTo("ab");
    }
}
