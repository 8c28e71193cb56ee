package io.millrace.client;

import io.millrace.error.Fault;
import org.jspecify.annotations.Nullable;

/** Somebody else took over: another member claimed the partition, or a newer instance of the producer opened. Stop working on it. */
public final class FencedException extends MillraceException {
    private static final long serialVersionUID = 1L;

    private final long ownerEpoch;
    private final String owner;

    FencedException(Fault fault, @Nullable Throwable cause) {
        super(fault, cause);
        Fault.Owner known = fault.detail() instanceof Fault.Owner given ? given : new Fault.Owner(-1, "");
        this.ownerEpoch = known.epoch();
        this.owner = known.owner();
    }

    /** The epoch of the present owner; -1: not told. */
    public long ownerEpoch() {
        return ownerEpoch;
    }

    /** The member that owns it now, in hex; empty: not told. */
    public String owner() {
        return owner;
    }
}
