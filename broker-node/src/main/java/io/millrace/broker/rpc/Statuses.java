package io.millrace.broker.rpc;

import io.millrace.replication.PartitionStatus;
import io.millrace.v1.FetchResult;

/** The bounds of a partition, as responses tell them. */
final class Statuses {
    private Statuses() {}

    static void fill(FetchResult.Builder result, PartitionStatus status) {
        result.setLogStart(status.logStart())
                .setLogEnd(status.logEnd())
                .setLastStableOffset(status.lastStableOffset())
                .setLeaderEpoch(status.leaderEpoch());
    }
}
