package io.millrace.client.produce;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * What the sender's thread is told, and how it is woken. Any thread may post; one takes. Bounded by what can be under way: each request has one answer, each stream one end, and queues come in when they were empty or a batch became full.
 *
 * <p>Waking a thread costs microseconds, an append a tenth of one: appends wake the sender only where it said, before it went to sleep, that it could do something about them.
 */
final class SenderMailbox {
    private final Queue<SenderEvent> events = new ConcurrentLinkedQueue<>();
    private final Queue<PartitionQueue> filled = new ConcurrentLinkedQueue<>();
    private volatile @Nullable Thread owner;
    private volatile boolean fullSinceLook;
    private volatile Appetite sleeping = Appetite.AWAKE;

    /** What wakes a sleeping sender, besides events. */
    enum Appetite {
        /** It does not sleep, so nothing needs to. */
        AWAKE,
        EVENTS_ONLY,
        FULL_BATCHES,
        ANYTHING
    }

    void owner(Thread thread) {
        owner = thread;
    }

    void post(SenderEvent event) {
        events.add(event);
        wake();
    }

    /** The queue was empty and has something now. */
    void first(PartitionQueue queue) {
        filled.add(queue);
        if (sleeping == Appetite.ANYTHING) {
            wake();
        }
    }

    void fullBatch() {
        fullSinceLook = true;
        Appetite present = sleeping;
        if (present == Appetite.ANYTHING || present == Appetite.FULL_BATCHES) {
            wake();
        }
    }

    void wake() {
        if (sleeping != Appetite.AWAKE) {
            sleeping = Appetite.AWAKE;
            LockSupport.unpark(owner);
        }
    }

    @Nullable
    SenderEvent pollEvent() {
        return events.poll();
    }

    @Nullable
    PartitionQueue pollFilled() {
        return filled.poll();
    }

    /** Sleeps until woken or so long; not at all where something has come in since. */
    void sleep(Appetite appetite, long maxNanos) {
        sleeping = appetite;
        boolean work = !events.isEmpty()
                || (appetite == Appetite.ANYTHING && !filled.isEmpty())
                || (appetite == Appetite.FULL_BATCHES && fullSinceLook);
        fullSinceLook = false;
        if (!work) {
            LockSupport.parkNanos(this, maxNanos);
        }
        sleeping = Appetite.AWAKE;
    }
}
