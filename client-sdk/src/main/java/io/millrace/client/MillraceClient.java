package io.millrace.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.millrace.client.cluster.Backoff;
import io.millrace.client.cluster.ClusterView;
import io.millrace.client.cluster.Routing;
import io.millrace.client.transport.BrokerAddress;
import io.millrace.client.transport.ConnectionSettings;
import io.millrace.client.transport.Connections;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;

/**
 * A cluster, as one application sees it: connections and what is known of topics are shared by all that is opened here. Thread safe. Closing it closes what
 * was opened from it.
 */
public final class MillraceClient implements AutoCloseable {
    private static final AtomicInteger NUMBERS = new AtomicInteger();

    private final ClientConfig config;
    private final InstantSource clock = InstantSource.system();
    private final RandomGenerator random = new SecureRandom();
    private final String name = "millrace-client-" + NUMBERS.incrementAndGet();
    private final AtomicInteger producers = new AtomicInteger();
    private final ScheduledThreadPoolExecutor background;
    private final Connections connections;
    private final ClusterView cluster;
    private final Admin admin;
    private final Positions positions;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final List<AutoCloseable> opened = new ArrayList<>();

    @GuardedBy("lock")
    private boolean closed;

    MillraceClient(ClientConfig config) {
        this(
                config,
                new Connections(new ConnectionSettings(config.clientId(), config.connectTimeout(), config.forward())));
    }

    MillraceClient(ClientConfig config, Connections connections) {
        this.config = config;
        this.connections = connections;
        this.background = background(name);
        this.cluster = new ClusterView(
                BrokerAddress.parseList(config.bootstrap()),
                config.forward() ? Routing.FORWARDED : Routing.DIRECT,
                connections,
                new Backoff(
                        config.reconnectBackoff().toNanos(),
                        config.reconnectBackoffMax().toNanos()),
                config.metadataMaxAge().toNanos(),
                config.requestTimeout().toNanos(),
                System::nanoTime,
                random,
                background);
        this.positions = new Positions(cluster, config.requestTimeout().toNanos(), random);
        this.admin = new Admin(cluster, positions, config.requestTimeout().toNanos());
    }

    /** Two threads: one may wait long for an answer while the other still renews what is known. */
    private static ScheduledThreadPoolExecutor background(String name) {
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(
                2,
                task -> {
                    Thread thread = new Thread(task, name + "-background");
                    thread.setDaemon(true);
                    return thread;
                },
                new ThreadPoolExecutor.DiscardPolicy());
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        return executor;
    }

    public ClientConfig config() {
        return config;
    }

    /** A producer with the settings of {@link ClientConfig#producer()}. */
    public Producer newProducer() {
        return newProducer(config.producer());
    }

    public Producer newProducer(ProducerConfig settings) {
        return register(new Producer(
                cluster, settings, clock, random, background, name + "-producer-" + producers.incrementAndGet()));
    }

    /** A consumer with the settings of {@link ClientConfig#consumer()}. */
    public Consumer newConsumer() {
        return newConsumer(config.consumer());
    }

    public Consumer newConsumer(ConsumerConfig settings) {
        return register(
                new Consumer(cluster, settings, positions, admin, random, config.requestTimeout(), cluster.backoff()));
    }

    private <C extends AutoCloseable> C register(C made) {
        lock.lock();
        try {
            if (!closed) {
                opened.add(made);
                return made;
            }
        } finally {
            lock.unlock();
        }
        closeQuietly(made);
        throw new IllegalStateException("the client is closed");
    }

    /** Topics and the cluster. */
    public Admin admin() {
        return admin;
    }

    /** Positions of groups. */
    public Positions positions() {
        return positions;
    }

    /** Closes producers (each waits for what it sent), consumers and connections. */
    @Override
    public void close() {
        List<AutoCloseable> all;
        lock.lock();
        try {
            closed = true;
            all = List.copyOf(opened);
            opened.clear();
        } finally {
            lock.unlock();
        }
        all.forEach(MillraceClient::closeQuietly);
        background.shutdownNow();
        connections.close();
    }

    private static void closeQuietly(AutoCloseable each) {
        if (each instanceof Producer producer) {
            producer.close();
        } else if (each instanceof Consumer consumer) {
            consumer.close();
        }
    }
}
