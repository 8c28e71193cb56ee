package io.millrace.client.cluster;

import io.millrace.client.transport.BrokerAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * The brokers that may be asked: those of the bootstrap list, and those that the cluster has named, which serve where the whole list is gone. Each client begins at a random one, so that the
 * first of everybody's list is not everybody's first; it stays with the one that answers, and passes over those that could not be reached a moment ago. Thread safe.
 */
final class KnownBrokers {
    /** So long one that could not be reached is passed over. */
    private static final long DOWN_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final List<BrokerAddress> bootstrap;
    private final LongSupplier nanos;
    private final AtomicInteger cursor;
    private final Map<BrokerAddress, Long> downSince = new ConcurrentHashMap<>();
    private volatile List<BrokerAddress> all;

    KnownBrokers(List<BrokerAddress> bootstrap, LongSupplier nanos, RandomGenerator random) {
        this.bootstrap = bootstrap;
        this.all = bootstrap;
        this.nanos = nanos;
        this.cursor = new AtomicInteger(random.nextInt(1 << 16));
    }

    int count() {
        return all.size();
    }

    /** The cluster consists of these, besides the bootstrap list. */
    void learn(Collection<BrokerAddress> learnt) {
        Set<BrokerAddress> present = new LinkedHashSet<>(bootstrap);
        present.addAll(learnt);
        all = List.copyOf(new ArrayList<>(present));
        downSince.keySet().retainAll(present);
    }

    /** The one to ask. */
    BrokerAddress current() {
        List<BrokerAddress> present = all;
        int at = cursor.get();
        for (int i = 0; i < present.size(); i++) {
            BrokerAddress each = present.get(Math.floorMod(at + i, present.size()));
            if (!isDown(each)) {
                return each;
            }
        }
        return present.get(Math.floorMod(at, present.size()));
    }

    /** The one to ask after this one did not help. */
    BrokerAddress after(BrokerAddress broker) {
        List<BrokerAddress> present = all;
        int at = present.indexOf(broker);
        if (at >= 0) {
            cursor.set(at + 1);
        }
        return current();
    }

    /** It could not be reached, or answers nothing. */
    void down(BrokerAddress broker) {
        downSince.put(broker, nanos.getAsLong());
    }

    void up(BrokerAddress broker) {
        downSince.remove(broker);
    }

    boolean isDown(BrokerAddress broker) {
        Long since = downSince.get(broker);
        return since != null && nanos.getAsLong() - since < DOWN_NANOS;
    }
}
