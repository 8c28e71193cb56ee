package io.millrace.broker.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.cluster.Forming.Answer;
import io.millrace.broker.cluster.Forming.Decision;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a new broker does by what the seeds say, in every case; and that one cluster comes of it, however brokers come, die and lose their disks. */
final class FormingTest {
    private static final UUID CLUSTER = new UUID(7, 7);
    private static final UUID OTHER = new UUID(8, 8);

    private static Peer peer(int broker, int incarnation) {
        return new Peer(broker, incarnation, "host-" + broker, 7072, 7073, 7074);
    }

    private static Address address(int broker) {
        return new Address("host-" + broker, 7072);
    }

    private static List<Address> seeds(int count) {
        List<Address> all = new ArrayList<>();
        for (int id = 1; id <= count; id++) {
            all.add(address(id));
        }
        return all;
    }

    private static Member fresh(int broker, int seeds) {
        return new Member(peer(broker, 100 + broker), null, seeds(seeds), 2, null);
    }

    private static Map<Address, Answer> told(Member... members) {
        Map<Address, Answer> answers = new HashMap<>();
        for (Member member : members) {
            answers.put(member.peer().address(), new Answer.Told(member));
        }
        return answers;
    }

    private static Map<Address, Answer> allNew(int count) {
        Map<Address, Answer> answers = new HashMap<>();
        for (int id = 1; id <= count; id++) {
            answers.put(address(id), new Answer.Told(fresh(id, count)));
        }
        return answers;
    }

    private static String waits(Decision decision) {
        assertThat(decision).isInstanceOf(Decision.Wait.class);
        return ((Decision.Wait) decision).why();
    }

    private static Fault refuses(Decision decision) {
        assertThat(decision).isInstanceOf(Decision.Refuse.class);
        return ((Decision.Refuse) decision).fault();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 5})
    void theLowestSeedFormsWhenAllAreNew(int count) {
        Decision decision = Forming.decide(fresh(1, count), allNew(count), CLUSTER);
        assertThat(decision).isInstanceOf(Decision.Form.class);
        Formation formation = ((Decision.Form) decision).formation();
        assertThat(formation.clusterId()).isEqualTo(CLUSTER);
        assertThat(formation.dataShards()).isEqualTo(2 * count);
        assertThat(formation.voters()).extracting(Peer::broker).isSorted().hasSize(count);
        for (int id = 2; id <= count; id++) {
            assertThat(waits(Forming.decide(fresh(id, count), allNew(count), OTHER)))
                    .contains("waiting for broker 1");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4, 6})
    void anEvenOrLargeNumberOfSeedsIsRefused(int count) {
        Fault fault = refuses(Forming.decide(fresh(1, count), allNew(count), CLUSTER));
        assertThat(fault.code()).isEqualTo(ErrorCode.INVALID_CONFIG);
        assertThat(fault.message()).contains("1, 3 or 5");
    }

    @Test
    void aSilentSeedIsWaitedForByName() {
        Map<Address, Answer> answers = allNew(3);
        answers.put(address(2), new Answer.Silent("refused"));
        assertThat(waits(Forming.decide(fresh(1, 3), answers, CLUSTER)))
                .isEqualTo("waiting for seeds host-2:7072 (2 of 3 answered)");
    }

    @Test
    void otherListsOfSeedsAreWaitedOutAloud() {
        Member odd = new Member(peer(3, 103), null, seeds(2), 2, null);
        Map<Address, Answer> answers = told(fresh(1, 3), fresh(2, 3), odd);
        assertThat(waits(Forming.decide(fresh(1, 3), answers, CLUSTER)))
                .contains("host-3:7072 has another list of seeds");
    }

    @Test
    void aBrokerThatIsNoSeedWaitsForTheSeeds() {
        assertThat(waits(Forming.decide(fresh(9, 3), allNew(3), CLUSTER))).contains("is not one of them");
    }

    @Test
    void whatOneHasFormedIsTakenOverOrJoined() {
        Formation formation = new Formation(CLUSTER, 6, List.of(peer(1, 101), peer(2, 102), peer(3, 103)));
        Map<Address, Answer> answers = told(fresh(1, 3).formed(formation), fresh(2, 3));
        answers.put(address(3), new Answer.Silent("dead"));
        assertThat(Forming.decide(fresh(2, 3), answers, OTHER)).isEqualTo(new Decision.Form(formation));
        Member lostItsDisk = new Member(peer(2, 555), null, seeds(3), 2, null);
        Map<Address, Answer> seen = told(fresh(1, 3).formed(formation), lostItsDisk);
        assertThat(Forming.decide(lostItsDisk, seen, OTHER)).isEqualTo(new Decision.Join(formation));
        assertThat(Forming.decide(fresh(4, 3), told(fresh(3, 3).formed(formation)), OTHER))
                .isEqualTo(new Decision.Join(formation));
    }

    @Test
    void aConfiguredClusterIdCounts() {
        Member wants = new Member(peer(2, 102), OTHER, seeds(3), 2, null);
        Decision decision = Forming.decide(fresh(1, 3), told(fresh(1, 3), wants, fresh(3, 3)), CLUSTER);
        assertThat(((Decision.Form) decision).formation().clusterId()).isEqualTo(OTHER);
        Formation formation = new Formation(CLUSTER, 6, List.of(peer(1, 101), peer(2, 102), peer(3, 103)));
        assertThat(refuses(Forming.decide(wants, told(fresh(1, 3).formed(formation)), CLUSTER))
                        .code())
                .isEqualTo(ErrorCode.WRONG_CLUSTER);
    }

    @Test
    void seedsOfTwoClustersAreRefused() {
        Formation one = new Formation(CLUSTER, 2, List.of(peer(1, 101)));
        Formation two = new Formation(OTHER, 2, List.of(peer(2, 102)));
        assertThat(refuses(Forming.decide(
                                fresh(3, 3),
                                told(fresh(1, 3).formed(one), fresh(2, 3).formed(two)),
                                CLUSTER))
                        .code())
                .isEqualTo(ErrorCode.WRONG_CLUSTER);
    }

    @Test
    void anIdThatTwoBrokersHaveIsRefused() {
        Map<Address, Answer> answers = allNew(3);
        answers.put(address(3), new Answer.Told(new Member(peer(2, 999), null, seeds(3), 2, null)));
        assertThat(refuses(Forming.decide(fresh(1, 3), answers, CLUSTER)).code())
                .isEqualTo(ErrorCode.BROKER_ID_IN_USE);
        assertThat(refuses(Forming.decide(fresh(2, 3), answers, CLUSTER)).code())
                .isEqualTo(ErrorCode.BROKER_ID_IN_USE);
    }

    @Test
    void aRefusalOfASeedIsOurs() {
        Fault fault = Fault.of(ErrorCode.STALE_BROKER, "broker/1", "gone");
        Map<Address, Answer> answers = allNew(3);
        answers.put(address(2), new Answer.Refused(fault));
        assertThat(refuses(Forming.decide(fresh(1, 3), answers, CLUSTER))).isEqualTo(fault);
    }

    /** A broker of the model: what is on its disk, and what it heard in its last round of questions, which may be old news. */
    private static final class Model {
        private final int id;
        private int incarnation;
        private @Nullable Formation written;
        private @Nullable Map<Address, Answer> heard;

        private Model(int id, int incarnation) {
            this.id = id;
            this.incarnation = incarnation;
        }

        private Member member() {
            return new Member(peer(id, incarnation), null, seeds(3), 1, written);
        }
    }

    /**
     * Brokers ask, decide by what they heard, which may be old news by then, forget what they heard (a crash), and one of them loses its disk at some moment.
     * Formations may differ then, where the one that decided is the one that lost it; but only one of them ever has a majority of its voters, so that only one
     * cluster ever takes a record.
     */
    @Test
    void oneClusterComesOfItWhateverHappens() {
        int split = 0;
        for (int seed = 0; seed < 5_000; seed++) {
            Random random = new Random(seed);
            List<Model> models = List.of(new Model(1, 11), new Model(2, 12), new Model(3, 13));
            Set<Formation> able = new HashSet<>();
            boolean isLost = false;
            for (int step = 0; step < 60; step++) {
                Model one = models.get(random.nextInt(3));
                int what = random.nextInt(10);
                if (what == 0 && !isLost) {
                    one.incarnation += 100;
                    one.written = null;
                    one.heard = null;
                    isLost = true;
                } else if (what == 1) {
                    one.heard = null;
                } else if (what < 6) {
                    one.heard = ask(models, one, random);
                } else if (one.heard != null && one.written == null) {
                    Decision decision = Forming.decide(one.member(), one.heard, new UUID(one.id, one.incarnation));
                    if (decision instanceof Decision.Form form) {
                        one.written = form.formation();
                    } else if (decision instanceof Decision.Join join) {
                        one.written = join.formation();
                    }
                }
                able.addAll(withMajority(models));
                split += models.stream()
                                        .map(model -> model.written)
                                        .filter(f -> f != null)
                                        .distinct()
                                        .count()
                                > 1
                        ? 1
                        : 0;
            }
            assertThat(able).as("seed " + seed).hasSizeLessThanOrEqualTo(1);
        }
        assertThat(split).as("the model came to where formations differ").isPositive();
    }

    private static Map<Address, Answer> ask(List<Model> models, Model asking, Random random) {
        Map<Address, Answer> answers = new HashMap<>();
        for (Model other : models) {
            answers.put(
                    address(other.id),
                    random.nextInt(5) == 0 && other != asking
                            ? new Answer.Silent("slow")
                            : new Answer.Told(other.member()));
        }
        return answers;
    }

    private static Set<Formation> withMajority(List<Model> models) {
        Set<Formation> able = new HashSet<>();
        for (Model model : models) {
            Formation formation = model.written;
            if (formation != null
                    && models.stream()
                                    .filter(each -> formation.equals(each.written)
                                            && formation.contains(each.member().peer()))
                                    .count()
                            >= 2) {
                able.add(formation);
            }
        }
        return able;
    }
}
