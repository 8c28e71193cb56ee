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
import java.util.function.Function;

/** One connection per broker, made when first asked for; bounded by the number of brokers. Thread safe. */
public final class Connections implements AutoCloseable {
    /** Measured with batches of 256 KiB to 1 MiB: gRPC's default of 1 MiB makes a stream wait for window updates. */
    private static final int FLOW_CONTROL_WINDOW_BYTES = 8 << 20;

    /** Above every response that a broker may send: a batch larger than what was asked for comes alone. */
    private static final int MAX_MESSAGE_BYTES = 128 << 20;

    private final Function<BrokerAddress, ManagedChannel> dial;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Map<BrokerAddress, Connection> open = new HashMap<>();

    @GuardedBy("lock")
    private boolean closed;

    public Connections(ConnectionSettings settings) {
        this(address -> dial(address, settings));
    }

    Connections(Function<BrokerAddress, ManagedChannel> dial) {
        this.dial = dial;
    }

    private static ManagedChannel dial(BrokerAddress address, ConnectionSettings settings) {
        return NettyChannelBuilder.forAddress(address.host(), address.port())
                .usePlaintext()
                .directExecutor()
                .disableRetry()
                .userAgent(settings.userAgent())
                .flowControlWindow(FLOW_CONTROL_WINDOW_BYTES)
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .keepAliveTime(30, TimeUnit.SECONDS)
                .keepAliveTimeout(10, TimeUnit.SECONDS)
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
            return open.computeIfAbsent(address, each -> new Connection(each, dial.apply(each)));
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
