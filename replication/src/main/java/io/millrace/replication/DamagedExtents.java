package io.millrace.replication;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.millrace.replication.state.PartitionId;
import io.millrace.storage.index.ExtentRow;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is known to be damaged in a replica, whoever found it: a read, a scrub, a comparison. Lives in memory: after a restart it is found again. Thread safe; bounded:
 * what does not fit any more is counted, and found again once there is room.
 */
final class DamagedExtents {
    private static final Logger LOG = LoggerFactory.getLogger(DamagedExtents.class);

    /** Some megabytes. Whoever has more has lost the disk. */
    static final int LIMIT = 10_000;

    private static final int LAST = 100;

    private record Key(int partition, long baseOffset) {}

    private final int shard;
    private final Runnable onFound;

    @GuardedBy("this")
    private final Map<Key, DamagedExtent> extents = new LinkedHashMap<>();

    @GuardedBy("this")
    private final Deque<DamagedExtent> last = new ArrayDeque<>();

    @GuardedBy("this")
    private long found;

    @GuardedBy("this")
    private long repaired;

    /** @param onFound told of each new one, on the thread that found it: must not block */
    DamagedExtents(int shard, Runnable onFound) {
        this.shard = shard;
        this.onFound = onFound;
    }

    void found(DamagedExtent extent) {
        synchronized (this) {
            Key key = key(extent.row());
            DamagedExtent known = extents.get(key);
            if (known != null && known.row().equals(extent.row())) {
                return;
            }
            found++;
            if (known == null && extents.size() >= LIMIT) {
                return;
            }
            extents.put(key, extent);
        }
        LOG.error(
                "Shard {}: offsets {} to {} of partition {} cannot be read from file {}, position {}: {}",
                shard,
                extent.from(),
                extent.to() - 1,
                extent.partition(),
                extent.row().file(),
                extent.position(),
                extent.reason());
        onFound.run();
    }

    /** It was filled again. */
    void repaired(ExtentRow row) {
        DamagedExtent extent;
        synchronized (this) {
            extent = extents.remove(key(row));
            if (extent == null) {
                return;
            }
            repaired++;
            if (last.size() == LAST) {
                last.removeFirst();
            }
            last.addLast(extent);
        }
        LOG.info(
                "Shard {}: offsets {} to {} of partition {} are repaired",
                shard,
                row.baseOffset(),
                row.lastOffset(),
                extent.partition());
    }

    synchronized List<DamagedExtent> repairedLast() {
        return List.copyOf(last);
    }

    @Nullable
    synchronized DamagedExtent at(PartitionId partition, long offset) {
        for (DamagedExtent each : extents.values()) {
            if (each.partition().equals(partition)
                    && each.row().baseOffset() <= offset
                    && offset <= each.row().lastOffset()) {
                return each;
            }
        }
        return null;
    }

    /** Its row is not there any more, or points elsewhere, where the bytes are sound. */
    synchronized void gone(ExtentRow row) {
        extents.remove(key(row));
    }

    /** In the order in which they were found. */
    synchronized List<DamagedExtent> all() {
        return List.copyOf(extents.values());
    }

    synchronized int count() {
        return extents.size();
    }

    /** Since the start. */
    synchronized long foundSinceStart() {
        return found;
    }

    /** Since the start. */
    synchronized long repairedSinceStart() {
        return repaired;
    }

    private static Key key(ExtentRow row) {
        return new Key(row.partition(), row.baseOffset());
    }
}
