package io.millrace.replication;

import org.jspecify.annotations.Nullable;

/**
 * Who leads, as this replica sees it.
 *
 * @param term current Raft term
 * @param leading this replica leads, and has applied everything of earlier terms
 * @param leaderId peer id of the leader where one is known
 */
public record Leadership(
        long term, boolean leading, @Nullable String leaderId) {
    /** No broker is known to lead. */
    public static final int NOBODY = -1;

    /** The id of the broker that leads, which stands in its peer id ({@code b7-1}); {@link #NOBODY} where none is known. */
    public int leaderBroker() {
        return leaderId == null ? NOBODY : RaftVoter.brokerId(leaderId);
    }
}
