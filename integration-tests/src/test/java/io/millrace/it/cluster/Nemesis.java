package io.millrace.it.cluster;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/** Puts faults upon a cluster, one at a time, drawn from a seed: what is drawn depends on the seed alone, when it strikes on the machine. Used by one thread. */
public final class Nemesis {
    /** A fault, and its end. */
    public enum Fault {
        KILL_LEADER,
        KILL_FOLLOWER,
        KILL_ALL,
        STOP_LEADER,
        PAUSE_LEADER,
        PAUSE_FOLLOWER,
        CUT_LEADER(true),
        CUT_LEADER_OUTWARD(true),
        CUT_LEADER_INWARD(true),
        CUT_FOLLOWER(true),
        SLOW_LEADER(true),
        SLOW_FOLLOWER(true),
        RESTART_STORM,
        /** The disk of one broker is lost. */
        WIPE_ONE;

        private final boolean ofNetwork;

        Fault() {
            this(false);
        }

        Fault(boolean ofNetwork) {
            this.ofNetwork = ofNetwork;
        }
    }

    private final ForkedCluster cluster;
    private final String topic;
    private final int partitions;
    private final SplittableRandom random;
    private final List<Fault> faults;
    private final Map<Fault, Integer> counts = new EnumMap<>(Fault.class);

    /**
     * @param topic whose leaders are meant
     * @param faults to draw from; those that the network cannot have are left out
     */
    public Nemesis(ForkedCluster cluster, String topic, int partitions, Set<Fault> faults, long seed) {
        this.cluster = cluster;
        this.topic = topic;
        this.partitions = partitions;
        this.random = new SplittableRandom(seed);
        this.faults = faults.stream()
                .filter(each -> !each.ofNetwork || cluster.network().hasFaults())
                .toList();
    }

    /** Every fault that leaves each disk alone. */
    public static Set<Fault> withoutLostDisks() {
        return EnumSet.complementOf(EnumSet.of(Fault.WIPE_ONE));
    }

    /** One fault, from its beginning until it is undone; the cluster may still be recovering then. Returns what was done, in words. */
    public String strike() {
        Fault fault = faults.get(random.nextInt(faults.size()));
        Duration hold = Duration.ofMillis(random.nextLong(300, 6000));
        return strike(fault, hold);
    }

    /** Leaves the cluster in peace for a while. */
    public void rest() {
        ForkedCluster.nap(random.nextInt(3000));
    }

    /** One of this kind, held so long. */
    public String strike(Fault fault, Duration hold) {
        counts.merge(fault, 1, Integer::sum);
        int leader = leader();
        int follower = other(leader);
        String on = switch (fault) {
            case KILL_LEADER -> kill(hold, List.of(leader));
            case KILL_FOLLOWER -> kill(hold, List.of(follower));
            case KILL_ALL -> kill(hold, cluster.ids());
            case STOP_LEADER -> stop(hold, leader);
            case PAUSE_LEADER -> pause(hold, leader);
            case PAUSE_FOLLOWER -> pause(hold, follower);
            case CUT_LEADER -> cut(hold, leader, true, true);
            case CUT_LEADER_OUTWARD -> cut(hold, leader, true, false);
            case CUT_LEADER_INWARD -> cut(hold, leader, false, true);
            case CUT_FOLLOWER -> cut(hold, follower, true, true);
            case SLOW_LEADER -> slow(hold, leader);
            case SLOW_FOLLOWER -> slow(hold, follower);
            case RESTART_STORM -> storm();
            case WIPE_ONE -> wipe(hold, follower);
        };
        return fault + " " + on + ", " + hold.toMillis() + " ms";
    }

    /** How often each was done. */
    public Map<Fault, Integer> counts() {
        return Map.copyOf(counts);
    }

    private int leader() {
        int leader = cluster.leader(topic, random.nextInt(partitions));
        return leader > 0 ? leader : 1 + random.nextInt(cluster.size());
    }

    private int other(int than) {
        int draw = 1 + random.nextInt(cluster.size() - 1);
        return draw < than ? draw : draw + 1;
    }

    private String kill(Duration hold, List<Integer> ids) {
        ids.forEach(cluster::kill);
        ForkedCluster.nap(hold.toMillis());
        ids.forEach(cluster::restart);
        return "brokers " + ids;
    }

    private String stop(Duration hold, int id) {
        cluster.stop(id);
        ForkedCluster.nap(hold.toMillis());
        cluster.restart(id);
        return "broker " + id;
    }

    private String pause(Duration hold, int id) {
        cluster.pause(id);
        ForkedCluster.nap(hold.toMillis());
        cluster.resume(id);
        return "broker " + id;
    }

    private String cut(Duration hold, int id, boolean outward, boolean inward) {
        Network network = cluster.network();
        for (int other : cluster.ids()) {
            if (other != id && outward) {
                network.cut(id, other);
            }
            if (other != id && inward) {
                network.cut(other, id);
            }
        }
        ForkedCluster.nap(hold.toMillis());
        for (int other : cluster.ids()) {
            network.heal(id, other);
            network.heal(other, id);
        }
        return "broker " + id;
    }

    private String slow(Duration hold, int id) {
        int kilobits = 500 << random.nextInt(5);
        cluster.network().slow(id, kilobits);
        ForkedCluster.nap(hold.toMillis());
        cluster.network().speed(id);
        return "broker " + id + " to " + kilobits + " kbit/s";
    }

    private String storm() {
        List<Integer> struck = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            int id = 1 + random.nextInt(cluster.size());
            struck.add(id);
            cluster.kill(id);
            ForkedCluster.nap(random.nextInt(200));
            cluster.restart(id);
            ForkedCluster.nap(random.nextInt(1500));
        }
        return "brokers " + struck;
    }

    private String wipe(Duration hold, int id) {
        cluster.kill(id);
        cluster.wipe(id);
        ForkedCluster.nap(hold.toMillis());
        cluster.restart(id);
        return "broker " + id;
    }
}
