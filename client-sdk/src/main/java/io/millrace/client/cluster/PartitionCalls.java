package io.millrace.client.cluster;

import io.millrace.client.transport.BrokerAddress;
import io.millrace.client.transport.Unary;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Calls with one part per partition: one request to each leader, and again for the parts that failed and may succeed later: at once where all of these have another leader now, else after a
 * pause. Thread safe; calls block.
 */
public final class PartitionCalls {
    /** So often parts go to another leader without a pause: brokers may name each other. */
    private static final int MOVES_AT_ONCE = 2;

    private final ClusterView cluster;

    public PartitionCalls(ClusterView cluster) {
        this.cluster = cluster;
    }

    /**
     * Asks for every part.
     *
     * @param request makes the request for some of the parts
     * @param results of a response, in the order of its request's parts
     * @param fault of a result, {@code null} where it is good
     * @param good told of each part that succeeded
     * @throws FaultException the first failure that a retry does not mend or that outlasted the time; other parts may have succeeded
     */
    public <P, Q, R, S> void forEachPartition(
            Collection<P> parts,
            Function<P, String> topic,
            ToIntFunction<P> partition,
            Unary<Q, R> unary,
            Function<List<P>, Q> request,
            Function<R, List<S>> results,
            Function<S, @Nullable Fault> fault,
            BiConsumer<P, S> good,
            long timeoutNanos) {
        long deadline = cluster.nanos() + timeoutNanos;
        List<P> open = new ArrayList<>(parts);
        Fault first = null;
        int moves = 0;
        for (int failures = 1; !open.isEmpty(); failures++) {
            List<P> again = new ArrayList<>();
            Fault last = null;
            boolean allMoved = true;
            for (Map.Entry<BrokerAddress, List<P>> each :
                    byLeader(open, topic, partition, deadline).entrySet()) {
                List<P> asked = each.getValue();
                R response = cluster.rpc().call(unary, request.apply(asked), each.getKey(), cluster.left(deadline));
                List<S> answers = results.apply(response);
                if (answers.size() != asked.size()) {
                    throw Fault.unknown(
                                    ErrorCode.INTERNAL,
                                    "broker/" + each.getKey(),
                                    answers.size() + " answers came for " + asked.size() + " partitions")
                            .asException();
                }
                for (int i = 0; i < asked.size(); i++) {
                    P part = asked.get(i);
                    Fault failed = fault.apply(answers.get(i));
                    if (failed == null) {
                        good.accept(part, answers.get(i));
                    } else if (failed.code().isRetryable()) {
                        allMoved &= moved(topic.apply(part), partition.applyAsInt(part), each.getKey(), failed);
                        again.add(part);
                        last = failed;
                    } else if (first == null) {
                        first = failed;
                    }
                }
            }
            open = again;
            if (last != null && allMoved && moves < MOVES_AT_ONCE) {
                moves++;
                continue;
            }
            moves = 0;
            if (last != null && !cluster.pauseBefore(deadline, failures)) {
                throw (first != null ? first : last).asException();
            }
        }
        if (first != null) {
            throw first.asException();
        }
    }

    /** Takes note of what a broker said of its leadership; true: another leads, and it is known which. */
    private boolean moved(String topic, int partition, BrokerAddress from, Fault fault) {
        if (fault.code().retry() != ErrorCode.Retry.ELSEWHERE) {
            return false;
        }
        if (from.equals(Rpc.leaderIn(fault))) {
            // Another one has answered in its place, and knows no better.
            return false;
        }
        cluster.onNotLeader(topic, partition, from, fault);
        BrokerAddress leader = cluster.leader(topic, partition);
        return leader != null && !leader.equals(from);
    }

    private <P> Map<BrokerAddress, List<P>> byLeader(
            List<P> parts, Function<P, String> topic, ToIntFunction<P> partition, long deadline) {
        Map<BrokerAddress, List<P>> grouped = new LinkedHashMap<>();
        for (P each : parts) {
            TopicImage image = cluster.topic(topic.apply(each), cluster.left(deadline));
            BrokerAddress leader = image.leader(partition.applyAsInt(each));
            grouped.computeIfAbsent(leader != null ? leader : cluster.anyBroker(), any -> new ArrayList<>())
                    .add(each);
        }
        return grouped;
    }
}
