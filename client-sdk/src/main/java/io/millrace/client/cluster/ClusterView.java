package io.millrace.client.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.millrace.client.transport.BrokerAddress;
import io.millrace.client.transport.Connection;
import io.millrace.client.transport.Connections;
import io.millrace.client.transport.Unary;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import io.millrace.v1.BrokerDescription;
import io.millrace.v1.DescribeClusterRequest;
import io.millrace.v1.DescribeClusterResponse;
import io.millrace.v1.DescribeTopicRequest;
import io.millrace.v1.TopicDescription;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the client knows of brokers and topics, and the way to the leader of a partition. Answers come from memory where they are young enough; a leader that turns out to be wrong
 * is forgotten at once and asked for again in the background, with growing pauses. Thread safe.
 */
public final class ClusterView {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterView.class);

    private final List<BrokerAddress> bootstrap;
    private final Connections connections;
    private final Backoff backoff;
    private final long maxAgeNanos;
    private final long callNanos;
    private final LongSupplier nanos;
    private final RandomGenerator random;
    private final ScheduledExecutorService background;
    private final Rpc rpc;

    private final Map<String, TopicImage> topics = new ConcurrentHashMap<>();
    private volatile Map<Integer, BrokerAddress> brokers = Map.of();
    private volatile List<BrokerAddress> known;

    private final ReentrantLock lock = new ReentrantLock();

    /** Topics that a background refresh is under way for, with the failures so far. */
    @GuardedBy("lock")
    private final Map<String, Integer> refreshing = new HashMap<>();

    /** Told after the view of a topic has changed, on any thread. */
    public interface Listener {
        void onChanged(String topic);
    }

    private final Set<Listener> listeners = ConcurrentHashMap.newKeySet();

    /**
     * @param maxAgeNanos of what is known of a topic
     * @param callNanos for one call of the background
     * @param background one thread, which waits for answers
     */
    public ClusterView(
            List<BrokerAddress> bootstrap,
            Connections connections,
            Backoff backoff,
            long maxAgeNanos,
            long callNanos,
            LongSupplier nanos,
            RandomGenerator random,
            ScheduledExecutorService background) {
        this.bootstrap = bootstrap;
        this.known = bootstrap;
        this.connections = connections;
        this.backoff = backoff;
        this.maxAgeNanos = maxAgeNanos;
        this.callNanos = callNanos;
        this.nanos = nanos;
        this.random = random;
        this.background = background;
        this.rpc = new Rpc(connections, () -> known, backoff, nanos, random);
    }

    public Rpc rpc() {
        return rpc;
    }

    public Connection connection(BrokerAddress broker) {
        return connections.to(broker);
    }

    public Backoff backoff() {
        return backoff;
    }

    public void listen(Listener listener) {
        listeners.add(listener);
    }

    public void unlisten(Listener listener) {
        listeners.remove(listener);
    }

    /** What is known of the topic, if it is young enough; an old image is renewed in the background while it goes on being used. */
    public @Nullable TopicImage cached(String topic) {
        TopicImage image = topics.get(topic);
        if (image != null && nanos.getAsLong() - image.fetchedAtNanos() > maxAgeNanos) {
            refreshSoon(topic);
        }
        return image;
    }

    /**
     * The topic, asked for where it is not known. Blocks at most so long.
     *
     * @throws FaultException UNKNOWN_TOPIC, or why nobody answered
     */
    public TopicImage topic(String topic, long timeoutNanos) {
        TopicImage image = cached(topic);
        return image != null ? image : fetch(topic, timeoutNanos);
    }

    /** The leader of a partition as far as it is known; where it is not, any broker: it forwards or names the leader. */
    public @Nullable BrokerAddress leader(String topic, int partition) {
        TopicImage image = topics.get(topic);
        return image == null ? null : image.leader(partition);
    }

    /** What a broker said about another's leadership, or that it does not lead itself. */
    public void onNotLeader(String topic, int partition, Fault fault) {
        BrokerAddress leader = Rpc.leaderIn(fault);
        topics.computeIfPresent(
                topic, (name, image) -> image.hasPartition(partition) ? image.withLeader(partition, leader) : image);
        if (leader == null) {
            refreshSoon(topic);
        }
    }

    /** The topic is not what it was (deleted, made again): the next who asks gets a fresh answer. */
    public void forget(String topic) {
        topics.remove(topic);
        tell(topic);
    }

    private void tell(String topic) {
        for (Listener each : listeners) {
            each.onChanged(topic);
        }
    }

    private TopicImage fetch(String topic, long timeoutNanos) {
        long deadline = nanos.getAsLong() + timeoutNanos;
        TopicDescription description = rpc.call(
                        Unary.DESCRIBE_TOPIC,
                        DescribeTopicRequest.newBuilder().setName(topic).build(),
                        timeoutNanos)
                .getTopic();
        if (!knowsLeaders(description)) {
            learnBrokers(Math.max(1, deadline - nanos.getAsLong()));
        }
        return remember(topic, description);
    }

    private TopicImage remember(String topic, TopicDescription description) {
        TopicImage image;
        try {
            image = TopicImage.of(description, brokers, nanos.getAsLong());
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new FaultException(
                    Fault.of(
                            ErrorCode.INTERNAL,
                            "topic/" + topic,
                            "the broker's description of the topic contradicts itself: " + e.getMessage()),
                    e);
        }
        topics.put(topic, image);
        tell(topic);
        return image;
    }

    private boolean knowsLeaders(TopicDescription description) {
        Map<Integer, BrokerAddress> present = brokers;
        return description.getPartitionsList().stream()
                .allMatch(each -> each.getLeader() < 0 || present.containsKey(each.getLeader()));
    }

    private void learnBrokers(long timeoutNanos) {
        DescribeClusterResponse cluster =
                rpc.call(Unary.DESCRIBE_CLUSTER, DescribeClusterRequest.getDefaultInstance(), timeoutNanos);
        Map<Integer, BrokerAddress> learnt = new HashMap<>();
        for (BrokerDescription each : cluster.getBrokersList()) {
            if (each.hasEndpoint() && !each.getEndpoint().getHost().isEmpty()) {
                learnt.put(
                        each.getId(),
                        new BrokerAddress(
                                each.getEndpoint().getHost(), each.getEndpoint().getPort()));
            }
        }
        brokers = Map.copyOf(learnt);
        Set<BrokerAddress> all = new LinkedHashSet<>(bootstrap);
        all.addAll(learnt.values());
        known = List.copyOf(new ArrayList<>(all));
    }

    /** Asks for the topic in the background; asked for again while that is under way, it changes nothing. */
    public void refreshSoon(String topic) {
        lock.lock();
        try {
            if (refreshing.putIfAbsent(topic, 0) != null) {
                return;
            }
        } finally {
            lock.unlock();
        }
        schedule(topic, 0);
    }

    private void schedule(String topic, long delayNanos) {
        if (!background.isShutdown()) {
            var unused = background.schedule(() -> refresh(topic), delayNanos, TimeUnit.NANOSECONDS);
        }
    }

    private void refresh(String topic) {
        try {
            learnBrokers(callNanos);
            fetch(topic, callNanos);
            done(topic);
        } catch (FaultException e) {
            if (!e.fault().code().isRetryable()) {
                LOG.debug("Topic {} is forgotten: {}", topic, e.getMessage());
                forget(topic);
                done(topic);
            } else {
                LOG.debug("What is known of topic {} could not be renewed: {}", topic, e.getMessage());
                again(topic);
            }
        } catch (RuntimeException e) {
            LOG.warn("What is known of topic {} could not be renewed", topic, e);
            done(topic);
        }
        tell(topic);
    }

    private void again(String topic) {
        int failures;
        lock.lock();
        try {
            failures = refreshing.merge(topic, 1, Integer::sum);
        } finally {
            lock.unlock();
        }
        schedule(topic, backoff.nanos(failures, random));
    }

    private void done(String topic) {
        lock.lock();
        try {
            refreshing.remove(topic);
        } finally {
            lock.unlock();
        }
    }

    /** A broker to ask when no leader is known. */
    public BrokerAddress anyBroker() {
        return known.get(0);
    }

    long nanos() {
        return nanos.getAsLong();
    }

    /** What is left until the deadline; at least a little, so that a call fails with its own error. */
    long left(long deadlineNanos) {
        return Math.max(1, deadlineNanos - nanos.getAsLong());
    }

    /** Pauses after so many failures; false, at once, where the pause would pass the deadline. */
    boolean pauseBefore(long deadlineNanos, int failures) {
        long pause = backoff.nanos(failures, random);
        if (nanos.getAsLong() + pause - deadlineNanos >= 0) {
            return false;
        }
        rpc.pause(pause);
        return true;
    }
}
