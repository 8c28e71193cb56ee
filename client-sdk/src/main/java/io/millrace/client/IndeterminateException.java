package io.millrace.client;

import io.millrace.error.Fault;
import org.jspecify.annotations.Nullable;

/** It is not known whether the request took effect. A retry by the caller may do it twice. */
public final class IndeterminateException extends MillraceException {
    private static final long serialVersionUID = 1L;

    IndeterminateException(Fault fault, @Nullable Throwable cause) {
        super(fault, cause);
    }
}
