package io.millrace.broker.cluster;

import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a broker with a new data directory does next, by what the seeds answered in one round of questions. Pure.
 *
 * <p>Of the seeds of a new cluster only the one with the lowest id decides, when all are new and agree; it writes its decision down
 * before it tells anyone. The others take it over from whoever holds it. So there is one decision however the brokers come and go: nobody else
 * can make another, and it itself makes none once one is written. Where it loses its disk afterwards, it finds the others formed, and joins.
 */
public final class Forming {
    /** Numbers of voters with which a cluster may begin. */
    private static final Set<Integer> SIZES = Set.of(1, 3, 5);

    private Forming() {}

    /** What a seed said. */
    public sealed interface Answer {
        record Told(Member member) implements Answer {}

        /** It answered, and wants nothing to do with us. */
        record Refused(Fault fault) implements Answer {}

        /** Nothing came, or nobody listens there. */
        record Silent(String why) implements Answer {}
    }

    /** What to do. */
    public sealed interface Decision {
        /** Ask again in a while. {@code why}: for the log. */
        record Wait(String why) implements Decision {}

        /** Write it down, then start as one of its voters. */
        record Form(Formation formation) implements Decision {}

        /** Write it down, then register as one more broker of that cluster. */
        record Join(Formation formation) implements Decision {}

        /** Do not start. */
        record Refuse(Fault fault) implements Decision {}
    }

    /**
     * @param self not formed
     * @param answers by seed, one for each
     * @param newCluster the id of a cluster that this broker may form
     */
    public static Decision decide(Member self, Map<Address, Answer> answers, UUID newCluster) {
        Map<Address, Member> told = new TreeMap<>(java.util.Comparator.comparing(Address::toString));
        List<Address> silent = new ArrayList<>();
        for (Map.Entry<Address, Answer> one : answers.entrySet()) {
            if (one.getValue() instanceof Answer.Refused refused) {
                return new Decision.Refuse(refused.fault());
            } else if (one.getValue() instanceof Answer.Told heard) {
                told.put(one.getKey(), heard.member());
            } else {
                silent.add(one.getKey());
            }
        }
        Fault fault = contradiction(self, told);
        if (fault != null) {
            return new Decision.Refuse(fault);
        }
        for (Member member : told.values()) {
            Formation formation = member.formed();
            if (formation != null) {
                return formation.contains(self.peer()) ? new Decision.Form(formation) : new Decision.Join(formation);
            }
        }
        if (!silent.isEmpty()) {
            return new Decision.Wait("waiting for seeds "
                    + silent.stream().map(Address::toString).sorted().collect(Collectors.joining(", ")) + " ("
                    + told.size() + " of " + answers.size() + " answered)");
        }
        return allNew(self, told, newCluster);
    }

    private static @Nullable Fault contradiction(Member self, Map<Address, Member> told) {
        UUID cluster = self.wantedCluster();
        Map<Integer, Address> seen = new HashMap<>();
        for (Map.Entry<Address, Member> one : told.entrySet()) {
            Member member = one.getValue();
            Formation formation = member.formed();
            UUID theirs = formation != null ? formation.clusterId() : member.wantedCluster();
            if (theirs != null && cluster != null && !theirs.equals(cluster)) {
                return Fault.of(
                        ErrorCode.WRONG_CLUSTER,
                        "seed/" + one.getKey(),
                        "The seed belongs to cluster " + theirs + "; this broker or another seed to cluster " + cluster
                                + ". Correct cluster.seeds or cluster.id.");
            }
            cluster = theirs == null ? cluster : theirs;
            if (member.peer().broker() == self.peer().broker() && !member.peer().isSame(self.peer())) {
                return Fault.of(
                        ErrorCode.BROKER_ID_IN_USE,
                        "broker/" + self.peer().broker(),
                        "The seed " + one.getKey() + " runs as broker "
                                + self.peer().broker()
                                + " too, with another data directory. Give each broker a cluster.broker-id of its own.");
            }
            Address before = seen.putIfAbsent(member.peer().broker(), one.getKey());
            if (before != null) {
                return Fault.of(
                        ErrorCode.BROKER_ID_IN_USE,
                        "broker/" + member.peer().broker(),
                        "The seeds " + before + " and " + one.getKey() + " are both broker "
                                + member.peer().broker()
                                + ". Name each broker once in cluster.seeds, and give each a cluster.broker-id of its own.");
            }
        }
        return null;
    }

    private static Decision allNew(Member self, Map<Address, Member> told, UUID newCluster) {
        if (told.values().stream().noneMatch(member -> member.peer().isSame(self.peer()))) {
            return new Decision.Wait("waiting for the seeds to form a cluster; this broker is not one of them");
        }
        if (!SIZES.contains(told.size())) {
            return new Decision.Refuse(Fault.of(
                    ErrorCode.INVALID_CONFIG,
                    "cluster.seeds",
                    "A new cluster begins with 1, 3 or 5 seeds, not " + told.size()
                            + ": an even number survives no more failures than one less. More brokers join later."));
        }
        Set<Address> ours = new HashSet<>(self.seeds());
        for (Map.Entry<Address, Member> one : told.entrySet()) {
            if (!ours.equals(new HashSet<>(one.getValue().seeds()))) {
                return new Decision.Wait("seed " + one.getKey() + " has another list of seeds ("
                        + text(one.getValue().seeds()) + ") than this broker (" + text(self.seeds())
                        + "); make cluster.seeds the same everywhere and restart");
            }
        }
        List<Peer> voters = told.values().stream()
                .map(Member::peer)
                .sorted(java.util.Comparator.comparingInt(Peer::broker))
                .toList();
        Peer decider = voters.get(0);
        if (!decider.isSame(self.peer())) {
            return new Decision.Wait("waiting for broker " + decider.broker() + " (" + decider.address()
                    + ") to form the cluster; all " + told.size() + " seeds answered");
        }
        UUID wanted = told.values().stream()
                .map(Member::wantedCluster)
                .filter(java.util.Objects::nonNull)
                .findFirst()
                .orElse(null);
        return new Decision.Form(new Formation(
                wanted == null ? newCluster : wanted, Math.multiplyExact(self.dataShards(), voters.size()), voters));
    }

    private static String text(List<Address> seeds) {
        return seeds.stream().map(Address::toString).collect(Collectors.joining(","));
    }
}
