package io.millrace.cli.local;

import io.millrace.cli.output.Style;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Broker processes of one cluster on this machine: started together, shown in one output, stopped together. {@link #run} belongs to one thread; {@link #stop} may be called by any.
 */
public final class LocalCluster {
    /** Ports that each broker takes, of which five are used. */
    public static final int PORTS_PER_BROKER = 10;

    private static final long LOOK_MILLIS = 200;
    private static final long STOP_MILLIS = 30_000;

    private final List<LocalBroker> brokers = new ArrayList<>();
    private final PrintStream out;
    private final Style style;
    private final CountDownLatch stopping = new CountDownLatch(1);

    /**
     * @param launcher what starts a broker; its options follow
     * @param directory one folder in it for each broker
     * @param firstPort of broker 1; those of the others follow
     */
    public LocalCluster(List<String> launcher, Path directory, int nodes, int firstPort, PrintStream out, Style style) {
        this.out = out;
        this.style = style;
        List<Integer> ports = new ArrayList<>();
        for (int i = 0; i < nodes; i++) {
            ports.add(firstPort + i * PORTS_PER_BROKER);
        }
        String seeds = ports.stream()
                .map(port -> "127.0.0.1:" + LocalBroker.clusterPort(port))
                .collect(Collectors.joining(","));
        for (int i = 0; i < nodes; i++) {
            int id = i + 1;
            brokers.add(new LocalBroker(
                    id,
                    launcher,
                    directory.resolve("broker-" + id),
                    ports.get(i),
                    seeds,
                    line -> say(style.faint(id + " |") + " " + line)));
        }
    }

    private void say(String line) {
        synchronized (out) {
            out.println(line);
            out.flush();
        }
    }

    /** The addresses for clients, with commas between. */
    public String bootstrap() {
        return brokers.stream().map(LocalBroker::address).collect(Collectors.joining(","));
    }

    /** Runs until {@link #stop}, or until the last broker has ended by itself: then false. */
    public boolean run() throws IOException, InterruptedException {
        for (LocalBroker broker : brokers) {
            broker.start();
        }
        boolean isAnnounced = false;
        while (!stopping.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
            if (brokers.stream().noneMatch(LocalBroker::isAlive)) {
                return false;
            }
            if (!isAnnounced && brokers.stream().allMatch(LocalBroker::isReady)) {
                isAnnounced = true;
                say(style.good("Cluster of " + brokers.size() + " brokers is ready:") + " export MILLRACE_BOOTSTRAP="
                        + bootstrap());
            }
        }
        long millis = STOP_MILLIS;
        for (LocalBroker broker : brokers) {
            broker.awaitEnd(millis);
        }
        return true;
    }

    /** Asks all brokers to stop; {@link #run} returns when they have. */
    public void stop() {
        brokers.forEach(LocalBroker::stop);
        stopping.countDown();
    }
}
