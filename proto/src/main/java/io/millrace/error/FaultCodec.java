package io.millrace.error;

import io.millrace.v1.Endpoint;
import io.millrace.v1.ErrorDetail;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Fault} as the {@code millrace.v1.ErrorDetail} that travels, and back. Immutable, for any thread.
 *
 * <p>On the wire the figures stand in fields of their own and none says which kind they are; which ones are set, or for
 * OFFSET_OUT_OF_RANGE the code, tells. Figures that are all zero come back as none.
 */
public final class FaultCodec {
    private final int nodeId;

    /**
     * @param nodeId of the broker that answers
     */
    public FaultCodec(int nodeId) {
        this.nodeId = nodeId;
    }

    public ErrorDetail encode(Fault fault) {
        ErrorDetail.Builder wire = ErrorDetail.newBuilder()
                .setCodeValue(fault.code().number())
                .setMessage(fault.message())
                .setResource(fault.resource())
                .setNode(nodeId)
                .setRetryable(fault.code().isRetryable())
                .setReroute(fault.code().retry() == ErrorCode.Retry.ELSEWHERE)
                .setEffect(encode(fault.effect()));
        Fault.Detail detail = fault.detail();
        if (detail instanceof Fault.LimitHit hit) {
            wire.setLimitName(hit.name()).setLimit(hit.limit()).setActual(hit.actual());
        } else if (detail instanceof Fault.OffsetRange range) {
            wire.setLogStart(range.logStart()).setLogEnd(range.logEnd());
            wire.setLostFrom(range.lostFrom()).setLostTo(range.lostTo());
        } else if (detail instanceof Fault.Owner owner) {
            wire.setOwnerEpoch(owner.epoch()).setOwner(owner.owner());
        } else if (detail instanceof Fault.CorruptRange range) {
            wire.setCorruptFrom(range.from()).setCorruptTo(range.to());
        } else if (detail instanceof Fault.Leader leader) {
            wire.setLeader(Endpoint.newBuilder().setHost(leader.host()).setPort(leader.port()));
        } else if (detail != null) {
            throw new AssertionError("No field for " + detail);
        }
        return wire.build();
    }

    /** The fault that a peer sent. What this version does not know becomes INTERNAL and UNKNOWN. */
    public static Fault decode(ErrorDetail wire) {
        ErrorCode code = ErrorCode.of(wire.getCodeValue());
        String message = code.number() == wire.getCodeValue()
                ? wire.getMessage()
                : "(error " + wire.getCodeValue() + " of a newer version) " + wire.getMessage();
        return new Fault(code, message, wire.getResource(), decode(wire.getEffect()), detail(code, wire));
    }

    private static Fault.@Nullable Detail detail(ErrorCode code, ErrorDetail wire) {
        if (code == ErrorCode.OFFSET_OUT_OF_RANGE) {
            return new Fault.OffsetRange(wire.getLogStart(), wire.getLogEnd(), wire.getLostFrom(), wire.getLostTo());
        }
        if (!wire.getLimitName().isEmpty()) {
            return new Fault.LimitHit(wire.getLimitName(), wire.getLimit(), wire.getActual());
        }
        if (wire.getOwnerEpoch() != 0 || !wire.getOwner().isEmpty()) {
            return new Fault.Owner(wire.getOwnerEpoch(), wire.getOwner());
        }
        if (wire.getCorruptFrom() != 0 || wire.getCorruptTo() != 0) {
            return new Fault.CorruptRange(wire.getCorruptFrom(), wire.getCorruptTo());
        }
        if (wire.hasLeader()) {
            return new Fault.Leader(wire.getLeader().getHost(), wire.getLeader().getPort());
        }
        return null;
    }

    private static io.millrace.v1.Effect encode(Effect effect) {
        return switch (effect) {
            case NOT_WRITTEN -> io.millrace.v1.Effect.NOT_WRITTEN;
            case WRITTEN -> io.millrace.v1.Effect.WRITTEN;
            case UNKNOWN -> io.millrace.v1.Effect.UNKNOWN;
        };
    }

    private static Effect decode(io.millrace.v1.Effect effect) {
        return switch (effect) {
            case NOT_WRITTEN -> Effect.NOT_WRITTEN;
            case WRITTEN -> Effect.WRITTEN;
            // Whoever does not say must be taken to have written.
            case UNKNOWN, EFFECT_UNSPECIFIED, UNRECOGNIZED -> Effect.UNKNOWN;
        };
    }
}
