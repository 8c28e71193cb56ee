package io.millrace.replication.peer;

import java.io.IOException;

/** A greeting that one side refuses. */
final class RefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    private final HelloRefusal refusal;

    RefusedException(HelloRefusal refusal, String detail) {
        super(detail);
        this.refusal = refusal;
    }

    HelloRefusal refusal() {
        return refusal;
    }
}
