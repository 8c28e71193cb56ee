package io.millrace.client.cluster;

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
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the client knows of brokers and topics, and the way to the leader of a partition. Answers come from memory where they are young enough; a leader that turns out to be wrong
 * is forgotten at once and asked for again in the background. Thread safe.
 */
public final class ClusterView {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterView.class);

    /** Rounds that look for a leader keep no longer distance than this part of the longest pause: it is found soon after it was elected. */
    private static final int SEARCH_PART = 5;

    private final Routing routing;
    private final Connections connections;
    private final Backoff backoff;
    private final long maxAgeNanos;
    private final long callNanos;
    private final LongSupplier nanos;
    private final RandomGenerator random;
    private final KnownBrokers known;
    private final Rpc rpc;
    private final Refresher refresher;

    private final Map<String, TopicImage> topics = new ConcurrentHashMap<>();
    private volatile Map<Integer, BrokerAddress> brokers = Map.of();

    /** Told of changes. */
    public interface Listener {
        /** After the view of a topic has changed; on any thread. */
        void onChanged(String topic);

        /** After leaders were asked for again; on a thread of the background, which holds no lock. */
        default void onRenewed() {}
    }

    private final Set<Listener> listeners = ConcurrentHashMap.newKeySet();

    /**
     * @param maxAgeNanos of what is known of a topic
     * @param callNanos for one call of the background
     * @param background few threads, which wait for answers
     */
    public ClusterView(
            List<BrokerAddress> bootstrap,
            Routing routing,
            Connections connections,
            Backoff backoff,
            long maxAgeNanos,
            long callNanos,
            LongSupplier nanos,
            RandomGenerator random,
            ScheduledExecutorService background) {
        this.routing = routing;
        this.connections = connections;
        this.backoff = backoff;
        this.maxAgeNanos = maxAgeNanos;
        this.callNanos = callNanos;
        this.nanos = nanos;
        this.random = random;
        this.known = new KnownBrokers(bootstrap, nanos, random);
        this.rpc = new Rpc(connections, known, routing == Routing.DIRECT, backoff, nanos, random);
        Backoff distance =
                new Backoff(backoff.firstNanos(), Math.max(backoff.firstNanos(), backoff.longestNanos() / SEARCH_PART));
        this.refresher = new Refresher(this::renew, distance, nanos, random, background);
    }

    /** Calls to any broker. The first of them has the brokers of the cluster learnt, which serve where the bootstrap list is gone. */
    public Rpc rpc() {
        if (routing == Routing.DIRECT && brokers.isEmpty()) {
            refresher.soon();
        }
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
            refresher.soon(topic);
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

    /** The leader of a partition as far as it is known; where it is not, {@link #anyBroker} serves: it forwards or names the leader. */
    public @Nullable BrokerAddress leader(String topic, int partition) {
        TopicImage image = topics.get(topic);
        return image == null ? null : image.leader(partition);
    }

    /** A broker said that it does not lead the partition, and perhaps who does. What is known already of another leader stays. */
    public void onNotLeader(String topic, int partition, BrokerAddress from, Fault fault) {
        BrokerAddress named = routing == Routing.DIRECT ? Rpc.leaderIn(fault) : null;
        BrokerAddress leader = from.equals(named) ? null : named;
        replaceLeader(topic, partition, from, leader);
        if (leader == null) {
            refresher.soon(topic);
        }
    }

    /** A broker could not be reached, or its connection broke: whether it leads the partition still is asked of the others. */
    public void onUnreachable(String topic, int partition, BrokerAddress broker) {
        known.down(broker);
        known.after(broker);
        replaceLeader(topic, partition, broker, null);
        refresher.soon(topic);
    }

    /** A broker has not answered for long: another may lead by now. */
    public void onSilent(String topic, BrokerAddress broker) {
        known.after(broker);
        refresher.soon(topic);
    }

    /** A broker has answered. */
    public void onAnswer(BrokerAddress broker) {
        known.up(broker);
    }

    private void replaceLeader(String topic, int partition, BrokerAddress from, @Nullable BrokerAddress leader) {
        topics.computeIfPresent(topic, (name, image) -> {
            BrokerAddress present = image.leader(partition);
            boolean applies = image.hasPartition(partition) && (present == null || present.equals(from));
            return applies ? image.withLeader(partition, leader) : image;
        });
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
                        DescribeTopicRequest.newBuilder()
                                .setName(topic)
                                .setWithoutBounds(true)
                                .build(),
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
            image = topics.compute(
                    topic, (name, before) -> TopicImage.of(description, brokers, before, nanos.getAsLong()));
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new FaultException(
                    Fault.of(
                            ErrorCode.INTERNAL,
                            "topic/" + topic,
                            "the broker's description of the topic contradicts itself: " + e.getMessage()),
                    e);
        }
        tell(topic);
        return image;
    }

    private boolean knowsLeaders(TopicDescription description) {
        Map<Integer, BrokerAddress> present = brokers;
        return routing == Routing.FORWARDED
                || description.getPartitionsList().stream()
                        .allMatch(each -> each.getLeader() < 0 || present.containsKey(each.getLeader()));
    }

    private void learnBrokers(long timeoutNanos) {
        if (routing == Routing.FORWARDED) {
            return;
        }
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
        known.learn(learnt.values());
    }

    /** Asks for the topic in the background. */
    public void refreshSoon(String topic) {
        refresher.soon(topic);
    }

    /** A round of the {@link Refresher}. */
    private Set<String> renew(Set<String> wanted) {
        Set<String> open = new LinkedHashSet<>();
        try {
            learnBrokers(callNanos);
        } catch (FaultException e) {
            LOG.debug("The brokers of the cluster could not be asked for: {}", e.getMessage());
            if (e.fault().code().isRetryable()) {
                open.addAll(wanted);
            }
        }
        for (String topic : open.isEmpty() ? wanted : Set.<String>of()) {
            if (!renew(topic)) {
                open.add(topic);
            }
        }
        if (!open.isEmpty()) {
            // Whoever answered knows no better now; the next one may.
            known.after(known.current());
        }
        listeners.forEach(Listener::onRenewed);
        return open;
    }

    /** False: it must be asked for again. */
    private boolean renew(String topic) {
        try {
            TopicImage image = fetch(topic, callNanos);
            return routing == Routing.FORWARDED || hasLeaders(image);
        } catch (FaultException e) {
            if (e.fault().code().isRetryable()) {
                LOG.debug("What is known of topic {} could not be renewed: {}", topic, e.getMessage());
                return false;
            }
            LOG.debug("Topic {} is forgotten: {}", topic, e.getMessage());
            forget(topic);
        } catch (RuntimeException e) {
            LOG.warn("What is known of topic {} could not be renewed", topic, e);
        }
        return true;
    }

    private boolean hasLeaders(TopicImage image) {
        for (BrokerAddress leader : image.leaders()) {
            if (leader == null || known.isDown(leader)) {
                return false;
            }
        }
        return true;
    }

    /** A broker to ask when no leader is known. */
    public BrokerAddress anyBroker() {
        return known.current();
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
