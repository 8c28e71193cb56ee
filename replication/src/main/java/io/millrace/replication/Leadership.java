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
        long term, boolean leading, @Nullable String leaderId) {}
