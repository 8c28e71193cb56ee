package io.millrace.client.produce;

import io.millrace.client.cluster.TopicImage;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The queues of a topic's partitions, and the choice of one for records without a key: one partition takes all until its batch has left or is full, then the least loaded of a few is next. Thread safe.
 */
final class TopicQueues {
    /** How many partitions a choice looks at. */
    private static final int CANDIDATES = 16;

    private final String topic;
    private final BatchSource batches;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile @Nullable TopicImage image;

    /** Replaced as a whole, under the lock; read without. */
    private volatile @Nullable PartitionQueue[] queues = {};

    private volatile int chosen;

    TopicQueues(String topic, BatchSource batches) {
        this.topic = topic;
        this.batches = batches;
    }

    /** What is known of the topic; {@code null}: it must be asked for. */
    @Nullable
    TopicImage image() {
        return image;
    }

    void image(@Nullable TopicImage fresh) {
        image = fresh;
    }

    /** The queue of a partition, made when first asked for and never given up. */
    PartitionQueue queue(int partition) {
        @Nullable PartitionQueue[] present = queues;
        PartitionQueue found = partition < present.length ? present[partition] : null;
        return found != null ? found : make(partition);
    }

    private PartitionQueue make(int partition) {
        lock.lock();
        try {
            @Nullable PartitionQueue[] present = queues;
            PartitionQueue found = partition < present.length ? present[partition] : null;
            if (found == null) {
                @Nullable PartitionQueue[] grown = Arrays.copyOf(present, Math.max(present.length, partition + 1));
                found = new PartitionQueue(topic, partition, batches);
                grown[partition] = found;
                queues = grown;
            }
            return found;
        } finally {
            lock.unlock();
        }
    }

    int chooseWithoutKey(int partitionCount) {
        @Nullable PartitionQueue[] present = queues;
        int last = chosen;
        PartitionQueue queue = last < present.length ? present[last] : null;
        if (queue != null && last < partitionCount && queue.hasOpenBatch()) {
            return last;
        }
        int best = 0;
        int bestLoad = Integer.MAX_VALUE;
        for (int i = 1; i <= Math.min(partitionCount, CANDIDATES); i++) {
            int candidate = (last + i) % partitionCount;
            PartitionQueue each = candidate < present.length ? present[candidate] : null;
            int load = each == null ? 0 : each.load();
            if (load < bestLoad) {
                best = candidate;
                bestLoad = load;
            }
        }
        chosen = best;
        return best;
    }

    void forEach(Consumer<PartitionQueue> action) {
        for (PartitionQueue each : queues) {
            if (each != null) {
                action.accept(each);
            }
        }
    }
}
