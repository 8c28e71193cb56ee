package io.millrace.client;

import io.millrace.error.Effect;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import org.jspecify.annotations.Nullable;

/**
 * What the client throws, by the decision that the caller has to take: each permitted class is one. The {@link #code()} says exactly what
 * happened, {@link #effect()} whether something was written, {@link #isRetryable()} whether the same call may succeed later.
 */
public abstract sealed class MillraceException extends RuntimeException
        permits CancelledException,
                CorruptDataException,
                FencedException,
                IndeterminateException,
                InternalErrorException,
                InvalidRequestException,
                NotLeaderException,
                OffsetOutOfRangeException,
                ProducerSessionException,
                RetriableException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;
    private final Effect effect;
    private final String resource;

    MillraceException(Fault fault, @Nullable Throwable cause) {
        super(text(fault), cause);
        this.code = fault.code();
        this.effect = fault.effect();
        this.resource = fault.resource();
    }

    /** Which error of the catalogue. */
    public ErrorCode code() {
        return code;
    }

    /** What is known about the effect of the request. */
    public Effect effect() {
        return effect;
    }

    /** What it is about, such as {@code topic/flights/3}; empty where nothing in particular. */
    public String resource() {
        return resource;
    }

    /** The same call may succeed later. Where the {@link #effect()} is unknown, a retry may write twice. */
    public boolean isRetryable() {
        return code.isRetryable();
    }

    private static String text(Fault fault) {
        String about = fault.resource().isEmpty() ? "" : " " + fault.resource();
        return fault.code() + about + ": "
                + (fault.message().isEmpty() ? fault.code().meaning() : fault.message());
    }
}
