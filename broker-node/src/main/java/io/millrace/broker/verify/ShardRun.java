package io.millrace.broker.verify;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.millrace.broker.metadata.ShardEntry;
import io.millrace.replication.state.PartitionId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Gathers what the replicas of one shard tell, and passes on what a listener wants to hear. Thread safe: replicas are read side by side. */
final class ShardRun {
    private final ShardEntry shard;
    private final Totals totals;

    ShardRun(ShardEntry shard, Totals totals) {
        this.shard = shard;
        this.totals = totals;
    }

    Replica replica(int broker) {
        return new Replica(broker);
    }

    /** Of all shards. */
    static final class Totals {
        private final int shards;
        private final Verification.Listener listener;

        @GuardedBy("this")
        private int shardsDone;

        @GuardedBy("this")
        private long bytesRead;

        @GuardedBy("this")
        private long shardBytes;

        @GuardedBy("this")
        private long shardTotal;

        Totals(int shards, Verification.Listener listener) {
            this.shards = shards;
            this.listener = listener;
        }

        synchronized void begin(long bytes) {
            shardTotal += bytes;
        }

        synchronized void read(long bytes) {
            bytesRead += bytes;
            shardBytes += bytes;
            tell();
        }

        synchronized void damaged(int shard, int broker, DamagedRun run) {
            listener.damaged(shard, broker, run);
        }

        synchronized void repaired(int shard, int broker, DamagedRun run) {
            listener.repaired(shard, broker, run);
        }

        synchronized void end(ShardVerdict verdict) {
            shardsDone++;
            shardBytes = 0;
            shardTotal = 0;
            listener.verdict(verdict);
            tell();
        }

        @GuardedBy("this")
        private void tell() {
            double done = shardTotal == 0 ? 0 : Math.min(1, (double) shardBytes / shardTotal);
            listener.progress(shardsDone, shards, bytesRead, done);
        }
    }

    /** What one replica tells. Written by one thread; read by it at the end. */
    final class Replica implements CheckSink {
        private final int broker;
        private final Map<PartitionId, PartitionSum> sums = new HashMap<>();
        private final Map<PartitionId, StoredSum> stored = new HashMap<>();
        private final List<DamagedRun> damaged = new ArrayList<>();
        private long raftIndex = -1;
        private long bytesRead;
        private long repaired;

        private Replica(int broker) {
            this.broker = broker;
        }

        @Override
        public void repaired(long extents, List<DamagedRun> last) {
            repaired = extents;
            last.forEach(each -> totals.repaired(shard.id(), broker, each));
        }

        @Override
        public void sums(long index, List<PartitionSum> partitions) {
            raftIndex = index;
            partitions.forEach(each -> sums.put(each.id(), each));
            totals.begin(partitions.stream().mapToLong(PartitionSum::bytes).sum());
        }

        @Override
        public void read(long bytes) {
            totals.read(bytes - bytesRead);
            bytesRead = bytes;
        }

        @Override
        public void damaged(DamagedRun run) {
            damaged.add(run);
            totals.damaged(shard.id(), broker, run);
        }

        @Override
        public void stored(StoredSum sum) {
            stored.put(sum.id(), sum);
        }

        @Override
        public boolean isCancelled() {
            return totals.listener.isCancelled();
        }

        ReplicaAnswer answer(String problem) {
            return new ReplicaAnswer(broker, problem, raftIndex, sums, stored, damaged, bytesRead, repaired);
        }
    }
}
