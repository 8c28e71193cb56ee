package io.millrace.replication;

import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.replication.state.PartitionId;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who waits for partitions to grow. Any thread may add and close; the apply thread tells. Bounded. */
final class Watchers {
    private static final Logger log = LoggerFactory.getLogger(Watchers.class);

    private final int limit;
    private final AtomicInteger count = new AtomicInteger();
    private final Map<PartitionId, Set<Watcher>> watchers = new ConcurrentHashMap<>();

    Watchers(int limit) {
        this.limit = limit;
    }

    Shard.Watch add(PartitionId id, Runnable onAdvance, String resource) {
        if (count.incrementAndGet() > limit) {
            count.decrementAndGet();
            throw Fault.of(
                            ErrorCode.OVERLOADED,
                            resource,
                            "too many watch the shard's partitions",
                            new Fault.LimitHit("shard.watchers", limit, limit + 1L))
                    .asException();
        }
        Watcher watcher = new Watcher(id, onAdvance);
        watchers.compute(id, (key, set) -> {
            Set<Watcher> all = set == null ? ConcurrentHashMap.newKeySet() : set;
            all.add(watcher);
            return all;
        });
        return watcher;
    }

    void tell(PartitionId id) {
        Set<Watcher> all = watchers.get(id);
        if (all != null) {
            all.forEach(Watcher::tell);
        }
    }

    void tellAll() {
        watchers.keySet().forEach(this::tell);
    }

    int size() {
        return count.get();
    }

    /** By identity: one waiter may watch a partition twice. */
    private final class Watcher implements Shard.Watch {
        private final PartitionId id;
        private final Runnable onAdvance;
        private final AtomicBoolean closed = new AtomicBoolean();

        Watcher(PartitionId id, Runnable onAdvance) {
            this.id = id;
            this.onAdvance = onAdvance;
        }

        /** A callback that throws must not stop the shard. */
        void tell() {
            try {
                onAdvance.run();
            } catch (RuntimeException e) {
                log.error("a watcher of {} failed", id, e);
            }
        }

        @Override
        public void close() {
            if (closed.compareAndSet(false, true)) {
                watchers.computeIfPresent(id, (key, set) -> {
                    set.remove(this);
                    return set.isEmpty() ? null : set;
                });
                count.decrementAndGet();
            }
        }
    }
}
