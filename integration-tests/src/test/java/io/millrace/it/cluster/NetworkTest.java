package io.millrace.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the cluster tests call a cut is one: to connect to a port where nobody listens is refused at once on a whole network, and answered by nobody on one that is cut. */
class NetworkTest {
    @Test
    void cutsOneWayAndHeals() {
        assumeTrue(NamespaceNetwork.isPossible(), "network namespaces need root and the ip command");
        try (Network network = Network.of(3)) {
            assertThat(isHeard(network, 1, 2)).isTrue();

            network.cut(1, 2);

            // Neither way: what 2 asks, 1 hears, and its refusal is lost.
            assertThat(isHeard(network, 1, 2)).isFalse();
            assertThat(isHeard(network, 2, 1)).isFalse();
            assertThat(isHeard(network, 1, 3)).isTrue();
            assertThat(isHeard(network, 2, 3)).isTrue();

            network.heal(1, 2);

            assertThat(isHeard(network, 1, 2)).isTrue();
            assertThat(isHeard(network, 2, 1)).isTrue();
        }
    }

    @Test
    void slowsABrokerAndSpeedsItUpAgain() {
        assumeTrue(NamespaceNetwork.isPossible(), "network namespaces need root and the ip command");
        try (Network network = Network.of(2)) {
            network.slow(1, 500);
            assertThat(at(network, 1, "tc", "qdisc", "show", "dev", "eth0").output())
                    .contains("rate 500Kbit");
            network.speed(1);
            assertThat(at(network, 1, "tc", "qdisc", "show", "dev", "eth0").output())
                    .doesNotContain("tbf");
        }
    }

    /** 1: refused; 124: the time is over. */
    private static boolean isHeard(Network network, int from, int to) {
        Commands.Result result =
                at(network, from, "timeout", "2", "bash", "-c", "exec 3<>/dev/tcp/" + network.host(to) + "/9");
        assertThat(result.code()).as(result.output()).isIn(1, 124);
        return result.code() == 1;
    }

    private static Commands.Result at(Network network, int id, String... command) {
        List<String> whole = new ArrayList<>(network.wrapper(id));
        whole.addAll(List.of(command));
        return Commands.attempt(whole.toArray(String[]::new));
    }
}
