package io.millrace.client;

import io.millrace.error.Fault;
import org.jspecify.annotations.Nullable;

/** The cluster cannot answer now; nothing was written. The same call may succeed after a pause. */
public final class RetriableException extends MillraceException {
    private static final long serialVersionUID = 1L;

    RetriableException(Fault fault, @Nullable Throwable cause) {
        super(fault, cause);
    }
}
