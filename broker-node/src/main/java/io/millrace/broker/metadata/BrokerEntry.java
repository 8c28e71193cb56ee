package io.millrace.broker.metadata;

import java.util.List;

/**
 * A broker of the cluster.
 *
 * @param id never reused
 * @param incarnation of its data directory
 */
public record BrokerEntry(int id, String rack, List<Listener> listeners, int incarnation) {
    /** The name of the listener that Millrace's own clients use. */
    public static final String MILLRACE_LISTENER = "millrace";

    public BrokerEntry {
        listeners = List.copyOf(listeners);
    }

    /** Where and how a broker is reached. */
    public record Listener(String name, String protocol, String security, String host, int port) {}
}
