package io.millrace.client.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Metadata;
import io.grpc.Status;
import io.millrace.error.Effect;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultCodec;
import io.millrace.v1.ErrorDetail;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class StatusTranslatorTest {
    private static Fault translated(Status status, byte[] detail) {
        Metadata trailers = new Metadata();
        trailers.put(StatusTranslator.ERROR_DETAIL, detail);
        return StatusTranslator.of(status, trailers, "broker/b:1", Effect.NOT_WRITTEN);
    }

    @Test
    void readsAnErrorOfANewerBrokerAsThatOfAPart() {
        ErrorDetail detail = ErrorDetail.newBuilder()
                .setCodeValue(777)
                .setRetryable(true)
                .setMessage("something new")
                .setResource("topic/t")
                .build();
        Fault fault = translated(Status.UNAVAILABLE, detail.toByteArray());
        assertThat(fault).isEqualTo(FaultCodec.decode(detail));
        assertThat(fault.code()).isEqualTo(ErrorCode.INTERNAL);
        assertThat(fault.effect()).isEqualTo(Effect.UNKNOWN);
        assertThat(fault.message()).contains("777", "something new");
    }

    @Test
    void saysWhenTheDetailCannotBeRead() {
        Fault fault = translated(Status.UNAVAILABLE, "nonsense".getBytes(StandardCharsets.UTF_8));
        assertThat(fault.code()).isEqualTo(ErrorCode.INTERNAL);
        assertThat(fault.resource()).isEqualTo("broker/b:1");
    }

    @Test
    void knowsThatARequestWithoutAConnectionWasNotWritten() {
        Status away = Status.UNAVAILABLE.withDescription("io").withCause(new ConnectException("refused"));
        Fault fault = StatusTranslator.of(away, null, "broker/b:1", Effect.UNKNOWN);
        assertThat(fault)
                .isEqualTo(
                        new Fault(ErrorCode.SHARD_UNAVAILABLE, "io: refused", "broker/b:1", Effect.NOT_WRITTEN, null));
        Fault lost = StatusTranslator.of(Status.UNAVAILABLE, null, "broker/b:1", Effect.UNKNOWN);
        assertThat(lost.effect()).isEqualTo(Effect.UNKNOWN);
    }
}
