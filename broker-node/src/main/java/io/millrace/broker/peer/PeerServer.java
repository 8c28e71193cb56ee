package io.millrace.broker.peer;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.millrace.broker.cluster.Member;
import io.millrace.broker.metadata.ClusterImage;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Listens for the other brokers. It answers Hello from the start, and the rest once it is told how ({@link #serve}). Thread safe.
 */
public final class PeerServer implements AutoCloseable {
    /** What brokers speak among themselves. */
    static final int PROTOCOL = 1;

    private static final int MAX_MESSAGE_BYTES = 8 << 20;
    private static final int MAX_CALLS_PER_CONNECTION = 64;

    private final PeerErrors errors;
    private final MetadataWatchers watchers;
    private volatile Member self;
    private volatile @Nullable PeerCalls calls;
    private @Nullable Server server;

    private PeerServer(Member self, Executor executor) {
        this.self = self;
        this.errors = new PeerErrors(self.peer().broker());
        this.watchers = new MetadataWatchers(this::leadersImage, executor, errors);
    }

    /**
     * Listens once this returns.
     *
     * @param executor runs calls, which may block
     * @throws FaultException PORT_IN_USE
     */
    public static PeerServer start(String host, Member self, LongSupplier nanos, Executor executor) {
        PeerServer peers = new PeerServer(self, executor);
        InetSocketAddress address = new InetSocketAddress(host, self.peer().clusterPort());
        Server built = NettyServerBuilder.forAddress(address)
                .executor(executor)
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .maxConcurrentCallsPerConnection(MAX_CALLS_PER_CONNECTION)
                .permitKeepAliveTime(1, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .intercept(new PeerGate(peers.errors, () -> peers.self, () -> peers.calls))
                .addService(new PeerService(() -> peers.self, () -> peers.calls, peers.watchers, peers.errors, nanos))
                .build();
        try {
            built.start();
        } catch (IOException e) {
            throw new FaultException(
                    Fault.of(
                            ErrorCode.PORT_IN_USE,
                            "port/" + address.getPort(),
                            "Cannot listen on " + address.getHostString() + ":" + address.getPort()
                                    + " for other brokers: " + e.getMessage()
                                    + ". Stop the process that has the port, or set cluster.port."),
                    e);
        }
        peers.server = built;
        return peers;
    }

    static Fault otherProtocol(int protocol) {
        return Fault.of(
                ErrorCode.UNSUPPORTED_VERSION,
                "",
                "The broker that calls speaks protocol " + protocol + " with others; this one speaks " + PROTOCOL
                        + ". Run brokers of neighbouring versions only.");
    }

    private ClusterImage leadersImage() {
        PeerCalls open = calls;
        if (open == null) {
            throw Fault.of(ErrorCode.SHARD_UNAVAILABLE, "shard/0", "The broker is starting. Try again.")
                    .asException();
        }
        return open.leadersImage();
    }

    /** What this broker says of itself from now on. */
    public void introduce(Member member) {
        self = member;
    }

    public Member self() {
        return self;
    }

    /** From now on all calls are answered. */
    public void serve(PeerCalls answers) {
        calls = answers;
    }

    /** The metadata changed, or who leads it. Does not block. */
    public void metadataChanged() {
        watchers.changed();
    }

    /** Waits, within the timeout, until the brokers that follow the metadata from this one show a version of it. */
    public void awaitShown(long version, long timeoutNanos) {
        try {
            watchers.awaitShown(version, timeoutNanos);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        Server started = server;
        if (started == null) {
            return;
        }
        started.shutdownNow();
        try {
            started.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
