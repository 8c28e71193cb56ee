package io.millrace.it.cluster;

import java.util.List;

/** The network that the brokers of a {@link ForkedCluster} stand in, counted from 1; and its faults, where it can have some. Used by one thread at a time. */
public interface Network extends AutoCloseable {
    /** For so many brokers: each in a network namespace of its own where this process may make them, else all on the loopback interface. */
    static Network of(int brokers) {
        return NamespaceNetwork.isPossible() ? new NamespaceNetwork(brokers) : new LoopbackNetwork();
    }

    /** Where broker {@code id} listens; reached from this process, too. */
    String host(int id);

    /** The command that runs something at broker {@code id}; empty: it runs as it is. */
    List<String> wrapper(int id);

    /** Whether it can be cut and slowed down. */
    boolean hasFaults();

    /** What one broker sends to the other vanishes on the way, without an error for anybody. */
    void cut(int from, int to);

    void heal(int from, int to);

    /** All that the broker sends goes at so many kilobits a second. */
    void slow(int id, int kilobits);

    /** Ends {@link #slow}. */
    void speed(int id);

    @Override
    void close();
}
