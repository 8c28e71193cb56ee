package io.millrace.client.transport;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.netty.channel.ChannelOption;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** One connection per broker, made when first asked for; bounded by the number of brokers. Thread safe. */
public final class Connections implements AutoCloseable {
    /** Measured with batches of 256 KiB to 1 MiB: gRPC's default of 1 MiB makes a stream wait for window updates. */
    private static final int FLOW_CONTROL_WINDOW_BYTES = 8 << 20;

    /** Above every response that a broker may send: a batch larger than what was asked for comes alone. */
    private static final int MAX_MESSAGE_BYTES = 128 << 20;

    /** A connection into a cut network is given up after both, and not when TCP would. A broker takes no shorter interval. */
    private static final int KEEP_ALIVE_SECONDS = 10;

    private static final int KEEP_ALIVE_TIMEOUT_SECONDS = 5;

    private final ConnectionSettings settings;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Map<BrokerAddress, Connection> open = new HashMap<>();

    @GuardedBy("lock")
    private boolean closed;

    public Connections(ConnectionSettings settings) {
        this.settings = settings;
    }

    private ManagedChannel dial(BrokerAddress address) {
        return NettyChannelBuilder.forAddress(address.host(), address.port())
                .usePlaintext()
                .directExecutor()
                .disableRetry()
                .userAgent(settings.userAgent())
                .flowControlWindow(FLOW_CONTROL_WINDOW_BYTES)
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
                .keepAliveTimeout(KEEP_ALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
                .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        settings.connectTimeout().toMillis())
                .build();
    }

    /** The connection to a broker; whether it can be reached shows in the first call. */
    public Connection to(BrokerAddress address) {
        lock.lock();
        try {
            if (closed) {
                throw Fault.of(ErrorCode.CANCELLED, "", "the client is closed").asException();
            }
            return open.computeIfAbsent(address, each -> new Connection(each, dial(each), settings.forward()));
        } finally {
            lock.unlock();
        }
    }

    /** Cuts all connections. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            open.values().forEach(Connection::close);
            open.clear();
        } finally {
            lock.unlock();
        }
    }
}
