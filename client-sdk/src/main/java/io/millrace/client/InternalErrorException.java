package io.millrace.client;

import io.millrace.error.Fault;
import org.jspecify.annotations.Nullable;

/** A bug, here or in the broker, or an error that this client does not know: report it with the broker's log. */
public final class InternalErrorException extends MillraceException {
    private static final long serialVersionUID = 1L;

    InternalErrorException(Fault fault, @Nullable Throwable cause) {
        super(fault, cause);
    }
}
