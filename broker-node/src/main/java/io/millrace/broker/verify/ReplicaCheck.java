package io.millrace.broker.verify;

import io.millrace.broker.host.RatePace;
import io.millrace.broker.metadata.Waiting;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.replication.DamagedExtent;
import io.millrace.replication.PartitionStatus;
import io.millrace.replication.PartitionSums;
import io.millrace.replication.ScanVisitor;
import io.millrace.replication.Scanned;
import io.millrace.replication.Shard;
import io.millrace.replication.state.Partition;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Checks replicas of this broker for others and for itself. Thread safe; blocks. */
public final class ReplicaCheck {
    /** Each reads as fast as the disk, and holds a thread. */
    private static final int DEEP_AT_ONCE = 2;

    private static final long TELL_EVERY_BYTES = 4 << 20;

    private final IntFunction<@Nullable Shard> shards;
    private final LongSupplier nanos;
    private final Semaphore deep = new Semaphore(DEEP_AT_ONCE);

    public ReplicaCheck(IntFunction<@Nullable Shard> shards, LongSupplier nanos) {
        this.shards = shards;
        this.nanos = nanos;
    }

    /** Faults: SHARD_UNAVAILABLE; DEADLINE_EXCEEDED where the replica did not get to the entry in time; OVERLOADED. */
    public void run(CheckRequest request, CheckSink sink) {
        String resource = "shard/" + request.shard();
        Shard shard = shards.apply(request.shard());
        if (shard == null) {
            throw Fault.of(ErrorCode.SHARD_UNAVAILABLE, resource, "The shard is not open on this broker.")
                    .asException();
        }
        if (request.deep() && !deep.tryAcquire()) {
            throw Fault.of(
                            ErrorCode.OVERLOADED,
                            resource,
                            "The broker reads its replicas for " + DEEP_AT_ONCE + " others already. Try again later.")
                    .asException();
        }
        try {
            long deadline = nanos.getAsLong() + request.patience().toNanos();
            PartitionSums taken = Waiting.await(shard.sums(request.sums()), resource, deadline, nanos);
            List<Partition> partitions = taken.partitions().stream()
                    .filter(each -> request.topic() == null || each.id().topic().equals(request.topic()))
                    .toList();
            sink.repaired(
                    shard.stored().repairedSinceStart(),
                    shard.stored().repairedLast().stream().map(DamagedRun::of).toList());
            sink.sums(
                    taken.raftIndex(), partitions.stream().map(PartitionSum::of).toList());
            if (request.deep()) {
                read(shard, partitions, new Reading(request.bytesPerSecond(), sink));
            }
        } finally {
            if (request.deep()) {
                deep.release();
            }
        }
    }

    private static void read(Shard shard, List<Partition> partitions, Reading reading) {
        for (Partition partition : partitions) {
            if (reading.sink.isCancelled()) {
                return;
            }
            Scanned scanned = shard.stored().scan(partition, reading);
            PartitionStatus now = shard.partition(partition.id());
            if (now != null) { // null: dropped meanwhile
                boolean isAllThere = now.logStart() == partition.logStart();
                reading.sink.stored(new StoredSum(partition.id(), scanned.isWhole() && isAllThere, scanned.checksum()));
            }
        }
        reading.sink.read(reading.bytes);
    }

    /** One pass over a replica. */
    private final class Reading implements ScanVisitor {
        private final CheckSink sink;
        private final RatePace pace;
        private long bytes;
        private long told;

        Reading(long bytesPerSecond, CheckSink sink) {
            this.sink = sink;
            this.pace = new RatePace(bytesPerSecond == 0 ? Long.MAX_VALUE : bytesPerSecond, nanos);
        }

        @Override
        public boolean next(int count) {
            if (bytes - told >= TELL_EVERY_BYTES) {
                sink.read(bytes);
                told = bytes;
            }
            bytes += count;
            return !sink.isCancelled() && pace.take(count);
        }

        @Override
        public void damaged(DamagedExtent extent) {
            sink.damaged(DamagedRun.of(extent));
        }
    }
}
