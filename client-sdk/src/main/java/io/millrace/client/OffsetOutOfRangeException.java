package io.millrace.client;

import io.millrace.error.Fault;
import org.jspecify.annotations.Nullable;

/**
 * The offset asked for cannot be read: retention passed it, or it lies above the end. The consumer stays where it is until the caller
 * seeks: nothing is skipped by itself, unless {@link ConsumerConfig} says so.
 */
public final class OffsetOutOfRangeException extends MillraceException {
    private static final long serialVersionUID = 1L;

    private final long logStart;
    private final long logEnd;
    private final long lostFrom;
    private final long lostTo;

    OffsetOutOfRangeException(Fault fault, @Nullable Throwable cause) {
        super(fault, cause);
        Fault.OffsetRange range =
                fault.detail() instanceof Fault.OffsetRange given ? given : new Fault.OffsetRange(-1, -1, 0, 0);
        this.logStart = range.logStart();
        this.logEnd = range.logEnd();
        this.lostFrom = range.lostFrom();
        this.lostTo = range.lostTo();
    }

    /** First offset that can be read; -1: not told. */
    public long logStart() {
        return logStart;
    }

    /** One above the last offset that can be read; -1: not told. */
    public long logEnd() {
        return logEnd;
    }

    /** The records {@code [lostFrom, lostTo)} are lost to this reader; equal where none are. */
    public long lostFrom() {
        return lostFrom;
    }

    public long lostTo() {
        return lostTo;
    }
}
