package io.millrace.broker;

import io.millrace.testing.FreePorts;
import io.millrace.v1.DescribeClusterRequest;
import io.millrace.v1.DescribeClusterResponse;
import io.millrace.v1.TopicDescription;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;

/** A few brokers of one cluster in this process, on free ports of loopback. */
public final class TestCluster implements AutoCloseable {
    private final Path root;
    private final List<String> settings;
    private final Map<Integer, List<Integer>> ports = new TreeMap<>();
    private final Map<Integer, TestBroker> brokers = new TreeMap<>();
    private final String seeds;

    private TestCluster(Path root, int count, String... settings) {
        this.root = root;
        this.settings = List.of(settings);
        for (int id = 1; id <= count; id++) {
            ports.put(id, FreePorts.take(3));
        }
        this.seeds =
                ports.values().stream().map(one -> "127.0.0.1:" + one.get(0)).collect(Collectors.joining(","));
    }

    /** Brokers 1 to {@code count}, none of them started; {@code settings} are for all of them. */
    public static TestCluster of(Path root, int count, String... settings) {
        return new TestCluster(root, count, settings);
    }

    /** Started, formed, and all ready. */
    public static TestCluster start(Path root, int count, String... settings) {
        TestCluster cluster = of(root, count, settings);
        try {
            cluster.startAll();
            cluster.awaitReady();
            return cluster;
        } catch (RuntimeException | AssertionError e) {
            cluster.close();
            throw e;
        }
    }

    public void startAll() {
        Map<Integer, CompletableFuture<TestBroker>> started = new TreeMap<>();
        ports.keySet().stream().filter(id -> !brokers.containsKey(id)).forEach(id -> started.put(id, startLater(id)));
        started.forEach(
                (id, one) -> brokers.put(id, one.orTimeout(60, TimeUnit.SECONDS).join()));
    }

    /** Begins to start a broker on a thread of its own. */
    public CompletableFuture<TestBroker> startLater(int id, String... more) {
        CompletableFuture<TestBroker> future = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        future.complete(TestBroker.start(directory(id), settings(id, more)));
                    } catch (RuntimeException | Error e) {
                        future.completeExceptionally(e);
                    }
                },
                "start-" + id);
        thread.setDaemon(true);
        thread.start();
        return future;
    }

    public TestBroker start(int id, String... more) {
        TestBroker broker = startLater(id, more).orTimeout(60, TimeUnit.SECONDS).join();
        brokers.put(id, broker);
        return broker;
    }

    /** One more broker, which is no seed. */
    public TestBroker join(int id) {
        ports.put(id, FreePorts.take(3));
        return start(id);
    }

    private String[] settings(int id, String... more) {
        List<Integer> own = Objects.requireNonNull(ports.get(id), "no such broker");
        List<String> all = new ArrayList<>(List.of(
                "cluster.broker-id=" + id,
                "cluster.seeds=" + seeds,
                "cluster.port=" + own.get(0),
                "cluster.raft-port=" + own.get(1),
                "cluster.payload-port=" + own.get(2),
                "storage.shards=1"));
        all.addAll(settings);
        all.addAll(Arrays.asList(more));
        return all.toArray(String[]::new);
    }

    public Path directory(int id) {
        return root.resolve("broker-" + id);
    }

    public TestBroker broker(int id) {
        TestBroker broker = brokers.get(id);
        if (broker == null) {
            throw new AssertionError("broker " + id + " does not run");
        }
        return broker;
    }

    public Collection<TestBroker> brokers() {
        return brokers.values();
    }

    public Map<Integer, TestBroker> running() {
        return new TreeMap<>(brokers);
    }

    public void stop(int id) {
        TestBroker broker = brokers.remove(id);
        if (broker != null) {
            broker.close();
        }
    }

    /** All that run, at the same time. */
    public void stopAll() {
        List<CompletableFuture<Void>> stopping = List.copyOf(brokers.keySet()).stream()
                .map(brokers::remove)
                .map(one -> CompletableFuture.runAsync(one::close))
                .toList();
        stopping.forEach(one -> one.orTimeout(60, TimeUnit.SECONDS).join());
    }

    /** Until every broker that runs is ready. */
    public void awaitReady() {
        brokers.forEach((id, broker) -> Awaitility.await("broker " + id + " is ready")
                .atMost(Duration.ofSeconds(40))
                .pollInterval(Duration.ofMillis(50))
                .until(broker::readiness, ready -> ready.startsWith("200")));
    }

    public DescribeClusterResponse describe(int at) {
        return broker(at)
                .admin()
                .describeCluster(
                        DescribeClusterRequest.newBuilder().setWithHealth(true).build());
    }

    /** The broker that leads a partition, as {@code at} knows it. */
    public int leader(int at, TopicDescription topic, int partition) {
        return broker(at)
                .admin()
                .describeTopic(io.millrace.v1.DescribeTopicRequest.newBuilder()
                        .setName(topic.getName())
                        .setWithoutBounds(true)
                        .build())
                .getTopic()
                .getPartitions(partition)
                .getLeader();
    }

    public String seeds() {
        return seeds;
    }

    public List<Integer> ids() {
        return IntStream.rangeClosed(1, ports.size()).boxed().toList();
    }

    @Override
    public void close() {
        stopAll();
    }
}
