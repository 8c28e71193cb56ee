package io.millrace.it.cluster;

import java.util.List;

/**
 * A network namespace for each broker, joined by a bridge that this process is on, too. A cut from one to another is a wrong hardware address for the other in the first one's table of
 * neighbours: its packets leave and reach nobody, as behind a broken switch. Removed by {@link #close}, and where that is not called, when this process ends.
 */
final class NamespaceNetwork implements Network {
    private static final String NOBODY = "02:00:00:00:00:01";

    private final String name;
    private final int subnet;
    private final int brokers;
    private final Thread cleaner = new Thread(this::remove, "network-cleaner");
    private boolean removed;

    NamespaceNetwork(int brokers) {
        this.brokers = brokers;
        // Other test processes have theirs at the same time.
        int number = (int) (ProcessHandle.current().pid() * 7 + System.nanoTime() / 1000 % 7);
        this.subnet = Math.floorMod(number, 250) + 1;
        this.name = "mr" + Integer.toHexString(number & 0xffffff);
        Runtime.getRuntime().addShutdownHook(cleaner);
        try {
            build();
        } catch (RuntimeException e) {
            remove();
            throw e;
        }
    }

    static boolean isPossible() {
        String probe = "mrprobe" + ProcessHandle.current().pid() % 10_000;
        boolean possible = Commands.attempt("ip", "netns", "add", probe).code() == 0
                && Commands.attempt("ip", "link", "add", probe, "type", "bridge")
                                .code()
                        == 0;
        Commands.attempt("ip", "link", "del", probe);
        Commands.attempt("ip", "netns", "del", probe);
        return possible;
    }

    private void build() {
        Commands.run("ip", "link", "add", name, "type", "bridge");
        Commands.run("ip", "addr", "add", "10.213." + subnet + ".254/24", "dev", name);
        Commands.run("ip", "link", "set", name, "up");
        for (int id = 1; id <= brokers; id++) {
            Commands.run("ip", "netns", "add", namespace(id));
            Commands.run("ip", "link", "add", port(id), "type", "veth", "peer", "name", "eth0", "netns", namespace(id));
            Commands.run("ip", "link", "set", port(id), "master", name, "up");
            in(id, "ip", "link", "set", "lo", "up");
            in(id, "ip", "addr", "add", host(id) + "/24", "dev", "eth0");
            in(id, "ip", "link", "set", "eth0", "up");
        }
    }

    private String namespace(int id) {
        return name + "-" + id;
    }

    private String port(int id) {
        return name + "p" + id;
    }

    private void in(int id, String... command) {
        String[] whole = new String[command.length + 4];
        List.of("ip", "netns", "exec", namespace(id)).toArray(whole);
        System.arraycopy(command, 0, whole, 4, command.length);
        Commands.run(whole);
    }

    @Override
    public String host(int id) {
        return "10.213." + subnet + "." + id;
    }

    @Override
    public List<String> wrapper(int id) {
        return List.of("ip", "netns", "exec", namespace(id));
    }

    @Override
    public boolean hasFaults() {
        return true;
    }

    @Override
    public void cut(int from, int to) {
        in(from, "ip", "neigh", "replace", host(to), "lladdr", NOBODY, "dev", "eth0", "nud", "permanent");
    }

    @Override
    public void heal(int from, int to) {
        Commands.attempt("ip", "netns", "exec", namespace(from), "ip", "neigh", "del", host(to), "dev", "eth0");
    }

    @Override
    public void slow(int id, int kilobits) {
        in(
                id,
                "tc",
                "qdisc",
                "replace",
                "dev",
                "eth0",
                "root",
                "tbf",
                "rate",
                kilobits + "kbit",
                "burst",
                "32kb",
                "latency",
                "400ms");
    }

    @Override
    public void speed(int id) {
        Commands.attempt("ip", "netns", "exec", namespace(id), "tc", "qdisc", "del", "dev", "eth0", "root");
    }

    @Override
    public void close() {
        remove();
        try {
            Runtime.getRuntime().removeShutdownHook(cleaner);
        } catch (IllegalStateException e) {
            // The process is ending: the hook runs already, and finds nothing left.
            assert removed;
        }
    }

    private synchronized void remove() {
        if (!removed) {
            removed = true;
            for (int id = 1; id <= brokers; id++) {
                Commands.attempt("ip", "netns", "del", namespace(id));
            }
            Commands.attempt("ip", "link", "del", name);
        }
    }

    @Override
    public String toString() {
        return "network namespaces " + name + ", 10.213." + subnet + ".0/24";
    }
}
