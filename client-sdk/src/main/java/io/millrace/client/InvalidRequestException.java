package io.millrace.client;

import io.millrace.error.Fault;
import org.jspecify.annotations.Nullable;

/** The request is wrong, and the same request fails again: an unknown topic, an illegal name, a record too large. */
public final class InvalidRequestException extends MillraceException {
    private static final long serialVersionUID = 1L;

    InvalidRequestException(Fault fault, @Nullable Throwable cause) {
        super(fault, cause);
    }
}
