package io.millrace.error;

/** Carries a {@link Fault} to the edge that answers it. Thrown by broker code; the SDK has exceptions of its own. */
public final class FaultException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Fault fault;

    public FaultException(Fault fault) {
        super(fault.code() + (fault.resource().isEmpty() ? "" : " " + fault.resource()) + ": " + fault.message());
        this.fault = fault;
    }

    public FaultException(Fault fault, Throwable cause) {
        this(fault);
        initCause(cause);
    }

    public Fault fault() {
        return fault;
    }
}
