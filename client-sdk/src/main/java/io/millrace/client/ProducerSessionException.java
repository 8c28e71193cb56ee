package io.millrace.client;

import io.millrace.error.Fault;
import org.jspecify.annotations.Nullable;

/** The broker lost or refused the order of this producer's batches; nothing of this batch was written. */
public final class ProducerSessionException extends MillraceException {
    private static final long serialVersionUID = 1L;

    ProducerSessionException(Fault fault, @Nullable Throwable cause) {
        super(fault, cause);
    }
}
