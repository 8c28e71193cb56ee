package io.millrace.it.cluster;

import io.millrace.client.Admin;
import io.millrace.client.ClientConfig;
import io.millrace.client.ClusterDescription;
import io.millrace.client.Millrace;
import io.millrace.client.MillraceClient;
import io.millrace.client.MillraceException;
import io.millrace.client.NewTopic;
import io.millrace.client.PartitionDescription;
import io.millrace.testing.FreePorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Brokers as processes of their own that form one cluster, each with fixed ports, a directory and, where possible, a network namespace; their ids count from 1. Used by one
 * thread at a time.
 */
public final class ForkedCluster implements AutoCloseable {
    private static final Duration HEALTHY_DEADLINE = Duration.ofSeconds(90);
    private static final int PORTS = 5;

    private final Path directory;
    private final Network network;
    private final List<String> jvmOptions;
    private final List<String> brokerOptions;
    private final List<int[]> ports = new ArrayList<>();
    private final List<BrokerProcess> processes = new ArrayList<>();
    private final Set<Integer> paused = new TreeSet<>();
    private final MillraceClient client;
    private final String seeds;

    private ForkedCluster(Path directory, int count, List<String> jvmOptions, List<String> brokerOptions) {
        this.directory = directory;
        this.jvmOptions = jvmOptions;
        this.brokerOptions = brokerOptions;
        this.network = Network.of(count);
        List<String> seedList = new ArrayList<>();
        for (int id = 1; id <= count; id++) {
            ports.add(
                    network.hasFaults()
                            ? new int[] {7070, 7071, 7072, 7073, 7074}
                            : FreePorts.take(PORTS).stream()
                                    .mapToInt(Integer::intValue)
                                    .toArray());
            seedList.add(network.host(id) + ":" + ports.get(id - 1)[2]);
        }
        this.seeds = String.join(",", seedList);
        this.client = Millrace.connect(ClientConfig.builder()
                .bootstrap(bootstrap())
                .requestTimeout(Duration.ofSeconds(5))
                .build());
        try {
            for (int id = 1; id <= count; id++) {
                processes.add(launch(id));
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** All begin to start; {@link #awaitHealthy} waits for them. */
    public static ForkedCluster start(Path directory, int count, String... brokerOptions) {
        return new ForkedCluster(directory, count, List.of("-Xmx384m"), List.of(brokerOptions));
    }

    private BrokerProcess launch(int id) {
        int[] own = ports.get(id - 1);
        List<String> options =
                new ArrayList<>(List.of("--port", Integer.toString(own[0]), "--http-port", Integer.toString(own[1])));
        set(options, "cluster.broker-id", Integer.toString(id));
        set(options, "cluster.seeds", seeds);
        set(options, "listen.host", network.host(id));
        set(options, "cluster.port", Integer.toString(own[2]));
        set(options, "cluster.raft-port", Integer.toString(own[3]));
        set(options, "cluster.payload-port", Integer.toString(own[4]));
        options.addAll(brokerOptions);
        return new BrokerProcess(home(id), network.wrapper(id), jvmOptions, options);
    }

    private static void set(List<String> options, String key, String value) {
        options.add("--set");
        options.add(key + "=" + value);
    }

    private Path home(int id) {
        return directory.resolve("broker-" + id);
    }

    public int size() {
        return ports.size();
    }

    public List<Integer> ids() {
        return IntStream.rangeClosed(1, size()).boxed().toList();
    }

    public Network network() {
        return network;
    }

    /** All brokers, whether they run or not. */
    public String bootstrap() {
        return String.join(
                ",",
                IntStream.rangeClosed(1, ports.size())
                        .mapToObj(id -> network.host(id) + ":" + ports.get(id - 1)[0])
                        .toList());
    }

    public Admin admin() {
        return client.admin();
    }

    private BrokerProcess process(int id) {
        return processes.get(id - 1);
    }

    public boolean isAlive(int id) {
        return process(id).isAlive();
    }

    public Path data(int id) {
        return process(id).data();
    }

    public Path log(int id) {
        return process(id).log();
    }

    public long pid(int id) {
        return process(id).process().pid();
    }

    /** kill -9. */
    public void kill(int id) {
        resume(id);
        process(id).kill();
    }

    /** A planned stop; returns how long it took. */
    public Duration stop(int id) {
        resume(id);
        long begin = System.nanoTime();
        process(id).stop();
        return Duration.ofNanos(System.nanoTime() - begin);
    }

    /** The same broker again on its data; waits for nothing. Does nothing where it runs. */
    public void restart(int id) {
        if (!process(id).isAlive()) {
            processes.set(id - 1, launch(id));
        }
    }

    /** SIGSTOP. */
    public void pause(int id) {
        if (isAlive(id)) {
            process(id).pause();
            paused.add(id);
        }
    }

    /** SIGCONT. */
    public void resume(int id) {
        if (paused.remove(id)) {
            process(id).resume();
        }
    }

    /** The disk of a broker, which does not run, is lost. */
    public void wipe(int id) {
        if (isAlive(id)) {
            throw new IllegalStateException("broker " + id + " runs");
        }
        try (Stream<Path> files = Files.walk(data(id))) {
            for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Everything that faults did is undone: all run, and the network is whole. Waits for nothing. */
    public void repair() {
        for (int id : ids()) {
            resume(id);
            network.speed(id);
            for (int other : ids()) {
                network.heal(id, other);
            }
            restart(id);
        }
    }

    /** The broker that leads a partition; 0: none is known. */
    public int leader(String topic, int partition) {
        try {
            for (PartitionDescription each : client.admin().describeTopic(topic).partitions()) {
                if (each.partition() == partition) {
                    return Math.max(0, each.leader());
                }
            }
        } catch (MillraceException e) {
            // Whoever asks for a leader under faults lives without the answer.
            return 0;
        }
        return 0;
    }

    /** Waits until all run and every shard has a leader. */
    public void awaitHealthy() {
        long deadline = System.nanoTime() + HEALTHY_DEADLINE.toNanos();
        String last = "";
        while (System.nanoTime() < deadline) {
            for (int id : ids()) {
                if (!isAlive(id)) {
                    throw new IllegalStateException("broker " + id + " ended by itself; its log:\n"
                            + process(id).logTail());
                }
            }
            last = trouble();
            if (last.isEmpty()) {
                return;
            }
            nap(50);
        }
        StringBuilder text = new StringBuilder("not healthy after " + HEALTHY_DEADLINE + ": " + last);
        ids().forEach(id -> text.append("\n--- broker ")
                .append(id)
                .append('\n')
                .append(process(id).logTail()));
        throw new IllegalStateException(text.toString());
    }

    private String trouble() {
        for (int id : ids()) {
            if (!process(id).isReady()) {
                return "broker " + id + " is not ready";
            }
        }
        try {
            ClusterDescription cluster = client.admin().describeCluster();
            if (cluster.brokers().size() < size()) {
                return "the cluster knows " + cluster.brokers();
            }
            return cluster.shards().isEmpty()
                    ? "no shards"
                    : cluster.shards().stream()
                            .filter(each -> each.leader() <= 0)
                            .findFirst()
                            .map(each -> "no leader of " + each)
                            .orElse("");
        } catch (MillraceException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** Creates a topic, and again where the outcome was unknown, until it is there. */
    public void createTopic(NewTopic topic) {
        long deadline = System.nanoTime() + HEALTHY_DEADLINE.toNanos();
        while (true) {
            try {
                client.admin().createTopic(topic);
                return;
            } catch (MillraceException e) {
                if (e.code() == io.millrace.error.ErrorCode.TOPIC_ALREADY_EXISTS) {
                    return;
                }
                if (System.nanoTime() > deadline) {
                    throw e;
                }
                nap(100);
            }
        }
    }

    static void nap(long millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        client.close();
        for (BrokerProcess each : processes) {
            if (each.isAlive()) {
                each.process().destroyForcibly();
            }
        }
        for (BrokerProcess each : processes) {
            if (each.isAlive()) {
                each.kill();
            }
        }
        network.close();
    }
}
