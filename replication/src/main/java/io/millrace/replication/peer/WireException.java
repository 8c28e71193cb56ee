package io.millrace.replication.peer;

import java.io.IOException;

/** A peer sent what no peer sends: the connection cannot be read on. */
final class WireException extends IOException {
    private static final long serialVersionUID = 1L;

    WireException(String message) {
        super(message);
    }
}
