package io.millrace.client;

import io.millrace.error.Fault;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The broker asked does not lead the shard, and no leader was found within the time given. Nothing was written. */
public final class NotLeaderException extends MillraceException {
    private static final long serialVersionUID = 1L;

    private final @Nullable String leader;

    NotLeaderException(Fault fault, @Nullable Throwable cause) {
        super(fault, cause);
        this.leader = fault.detail() instanceof Fault.Leader to ? to.host() + ":" + to.port() : null;
    }

    /** {@code host:port} of the leader, where the broker knows it. */
    public Optional<String> leader() {
        return Optional.ofNullable(leader);
    }
}
