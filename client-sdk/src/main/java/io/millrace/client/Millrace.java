package io.millrace.client;

/**
 * The way in. {@code try (MillraceClient client = Millrace.connect("localhost:9480")) { ... }}
 */
public final class Millrace {
    private Millrace() {}

    /**
     * A client for a cluster with default settings.
     *
     * @param bootstrap {@code host:port,host:port}: brokers to ask first; any of them will do
     */
    public static MillraceClient connect(String bootstrap) {
        return connect(ClientConfig.of(bootstrap));
    }

    /** A client for a cluster. Connections are made when they are needed: an unreachable broker shows in the first call. */
    public static MillraceClient connect(ClientConfig config) {
        return new MillraceClient(config);
    }
}
