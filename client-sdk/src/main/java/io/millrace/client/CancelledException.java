package io.millrace.client;

import io.millrace.error.Fault;
import org.jspecify.annotations.Nullable;

/** The call was given up: by an interrupt, or because the client was closed. */
public final class CancelledException extends MillraceException {
    private static final long serialVersionUID = 1L;

    CancelledException(Fault fault, @Nullable Throwable cause) {
        super(fault, cause);
    }
}
