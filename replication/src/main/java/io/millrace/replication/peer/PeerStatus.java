package io.millrace.replication.peer;

import org.jspecify.annotations.Nullable;

/**
 * How this broker's stream to a peer stands.
 *
 * @param up the peer takes what this broker sends
 * @param refusal why the last greeting was refused, by either side; null: it was not
 */
public record PeerStatus(
        int broker,
        PeerAddress address,
        boolean up,
        @Nullable HelloRefusal refusal) {}
