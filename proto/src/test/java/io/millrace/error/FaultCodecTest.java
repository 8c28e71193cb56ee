package io.millrace.error;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import io.millrace.v1.ErrorDetail;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FaultCodecTest {
    private final FaultCodec codec = new FaultCodec(17);

    @Test
    void bringsEveryCodeEffectAndDetailBack() throws InvalidProtocolBufferException {
        List<Fault.@Nullable Detail> details = new ArrayList<>();
        details.add(null);
        details.add(new Fault.LimitHit("max.batch.bytes", 1 << 20, 1 << 21));
        details.add(new Fault.Owner(12, "c0ffee"));
        details.add(new Fault.Owner(12, ""));
        details.add(new Fault.CorruptRange(0, 5));
        details.add(new Fault.Leader("", 0));
        for (ErrorCode code : ErrorCode.values()) {
            for (Effect effect : Effect.values()) {
                for (Fault.@Nullable Detail detail : details) {
                    if (code != ErrorCode.OFFSET_OUT_OF_RANGE) {
                        assertComesBack(new Fault(code, "what, and what to do", "topic/flights/3", effect, detail));
                    }
                }
            }
        }
        assertThat(details.subList(1, details.size()))
                .extracting(detail -> (Object) detail.getClass())
                .contains((Object[]) kindsBut(Fault.OffsetRange.class));
    }

    @Test
    void bringsTheRangeBackEvenOfAnEmptyPartition() throws InvalidProtocolBufferException {
        assertComesBack(Fault.of(
                ErrorCode.OFFSET_OUT_OF_RANGE, "topic/t/0", "above the end", new Fault.OffsetRange(0, 0, 0, 0)));
        assertComesBack(Fault.of(
                ErrorCode.OFFSET_OUT_OF_RANGE, "topic/t/0", "below the start", new Fault.OffsetRange(9, 20, 3, 9)));
    }

    @Test
    void fillsWhatTheCatalogueSays() {
        ErrorDetail wire = codec.encode(
                Fault.of(ErrorCode.NOT_LEADER, "topic/t/0", "go elsewhere", new Fault.Leader("broker-2", 9400)));
        assertThat(wire.getNode()).isEqualTo(17);
        assertThat(wire.getCode()).isEqualTo(io.millrace.v1.ErrorCode.NOT_LEADER);
        assertThat(wire.getRetryable()).isTrue();
        assertThat(wire.getReroute()).isTrue();
        assertThat(wire.getEffect()).isEqualTo(io.millrace.v1.Effect.NOT_WRITTEN);
        assertThat(wire.getLeader().getHost()).isEqualTo("broker-2");
        ErrorDetail other = codec.encode(Fault.unknown(ErrorCode.OVERLOADED, "", "later"));
        assertThat(other.getRetryable()).isTrue();
        assertThat(other.getReroute()).isFalse();
        assertThat(other.getEffect()).isEqualTo(io.millrace.v1.Effect.UNKNOWN);
        assertThat(codec.encode(Fault.of(ErrorCode.INVALID_BATCH, "", "no")).getRetryable())
                .isFalse();
    }

    @Test
    void readsErrorsOfANewerVersion() {
        Fault fault = FaultCodec.decode(ErrorDetail.newBuilder()
                .setCodeValue(777)
                .setEffectValue(9)
                .setRetryable(true)
                .setMessage("something new")
                .build());
        assertThat(fault.code()).isEqualTo(ErrorCode.INTERNAL);
        assertThat(fault.code().isRetryable()).isFalse();
        assertThat(fault.effect()).isEqualTo(Effect.UNKNOWN);
        assertThat(fault.message()).contains("777").contains("something new");
    }

    private void assertComesBack(Fault fault) throws InvalidProtocolBufferException {
        byte[] wire = codec.encode(fault).toByteArray();
        assertThat(FaultCodec.decode(ErrorDetail.parseFrom(wire))).isEqualTo(fault);
    }

    private static Class<?>[] kindsBut(Class<?> left) {
        List<Class<?>> kinds = new ArrayList<>(List.of(Fault.Detail.class.getPermittedSubclasses()));
        assertThat(kinds.remove(left)).isTrue();
        return kinds.toArray(Class<?>[]::new);
    }
}
