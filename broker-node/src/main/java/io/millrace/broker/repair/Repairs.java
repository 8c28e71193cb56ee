package io.millrace.broker.repair;

import io.millrace.error.FaultException;
import io.millrace.replication.DamagedExtent;
import io.millrace.replication.Shard;
import io.millrace.replication.StoredExtents;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches what is damaged here from other replicas. One thread of its own repairs whatever is found, as it is found, and tries again now and then what could not be repaired; a read that meets damage
 * repairs it itself first. Thread safe.
 */
public final class Repairs implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Repairs.class);

    /** Extents that one new file takes at most, and the bytes after which it takes no more. */
    private static final int EXTENTS_AT_ONCE = 200;

    private static final long BYTES_AT_ONCE = 16 << 20;

    private static final long FETCH_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** So long a read may wait for a repair. */
    private static final long READ_NANOS = TimeUnit.SECONDS.toNanos(2);

    /** What could not be fetched is left alone for so long. */
    private static final long AGAIN_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final long CLOSE_MILLIS = 10_000;

    private final List<Shard> shards;
    private final OtherReplicas others;
    private final LongSupplier nanos;
    private final Semaphore wakeUps = new Semaphore(0);
    private final Map<Key, Long> failedAt = new ConcurrentHashMap<>();
    private final Thread thread;
    private volatile boolean isClosed;

    private record Key(int shard, int partition, long baseOffset) {
        static Key of(Shard shard, DamagedExtent extent) {
            return new Key(shard.id(), extent.row().partition(), extent.row().baseOffset());
        }
    }

    private Repairs(List<Shard> shards, OtherReplicas others, LongSupplier nanos, ThreadFactory threads) {
        this.shards = shards;
        this.others = others;
        this.nanos = nanos;
        this.thread = threads.newThread(this::run);
    }

    public static Repairs start(List<Shard> shards, OtherReplicas others, LongSupplier nanos, ThreadFactory threads) {
        Repairs repairs = new Repairs(shards, others, nanos, threads);
        for (Shard shard : shards) {
            shard.stored().repairWith(new StoredExtents.Repairer() {
                @Override
                public void found() {
                    repairs.wakeUps.release();
                }

                @Override
                public boolean repair(DamagedExtent extent) {
                    return repairs.repairForRead(shard, extent);
                }
            });
        }
        repairs.thread.start();
        return repairs;
    }

    private void run() {
        try {
            while (!isClosed) {
                var unused = wakeUps.tryAcquire(AGAIN_NANOS, TimeUnit.NANOSECONDS);
                wakeUps.drainPermits();
                for (Shard shard : shards) {
                    repair(shard);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void repair(Shard shard) {
        try {
            boolean isMore = !shard.stored().damaged().isEmpty();
            while (isMore && !isClosed) {
                isMore = repairSome(shard);
            }
        } catch (RuntimeException e) {
            // An escaping exception would end the repairs for good.
            LOG.warn("Damage in shard {} could not be repaired; it is tried again", shard.id(), e);
        }
    }

    /** Whether something was repaired: there may be more. */
    private boolean repairSome(Shard shard) {
        Map<DamagedExtent, ByteBuffer> fetched = new LinkedHashMap<>();
        long bytes = 0;
        for (DamagedExtent extent : shard.stored().damagedStill()) {
            if (isClosed || fetched.size() >= EXTENTS_AT_ONCE || bytes >= BYTES_AT_ONCE) {
                break;
            }
            ByteBuffer found = isLeftAlone(shard, extent) ? null : fetch(shard, extent, FETCH_NANOS);
            if (found != null) {
                fetched.put(extent, found);
                bytes += found.remaining();
            }
        }
        return !fetched.isEmpty() && refill(shard, fetched) > 0;
    }

    private int refill(Shard shard, Map<DamagedExtent, ByteBuffer> fetched) {
        int refilled = shard.stored().refill(fetched);
        fetched.keySet().forEach(extent -> failedAt.remove(Key.of(shard, extent)));
        return refilled;
    }

    private boolean isLeftAlone(Shard shard, DamagedExtent extent) {
        Long failed = failedAt.get(Key.of(shard, extent));
        return failed != null && nanos.getAsLong() - failed < AGAIN_NANOS;
    }

    /** By the thread of the read. */
    private boolean repairForRead(Shard shard, DamagedExtent extent) {
        if (isClosed || isLeftAlone(shard, extent)) {
            return false;
        }
        ByteBuffer found = fetch(shard, extent, READ_NANOS);
        return found != null && refill(shard, Map.of(extent, found)) > 0;
    }

    /** Null: nobody has it now. */
    private @Nullable ByteBuffer fetch(Shard shard, DamagedExtent extent, long patienceNanos) {
        long deadline = nanos.getAsLong() + patienceNanos;
        for (int broker : others.brokers(shard.id())) {
            if (deadline - nanos.getAsLong() <= 0) {
                break;
            }
            try {
                ByteBuffer bytes = others.bytes(broker, shard.id(), extent, deadline);
                if (shard.stored().fits(extent, bytes)) {
                    return bytes;
                }
                LOG.error(
                        "Broker {} gave other bytes for offsets {} to {} of partition {} than fit: the replicas differ",
                        broker,
                        extent.row().baseOffset(),
                        extent.row().lastOffset(),
                        extent.partition());
            } catch (FaultException e) {
                LOG.debug("Broker {} does not have {}: {}", broker, extent, e.fault());
            }
        }
        if (failedAt.size() < 100_000) {
            failedAt.put(Key.of(shard, extent), nanos.getAsLong());
        }
        return null;
    }

    @Override
    public void close() {
        isClosed = true;
        thread.interrupt();
        try {
            thread.join(CLOSE_MILLIS);
            if (thread.isAlive()) {
                LOG.warn("A repair still runs");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
