package io.millrace.replication.peer;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps this broker's connection to one peer up: connects, greets, and after a break connects again, at once and then ever more seldom. Its state belongs to one
 * event loop; {@link #push}, {@link #pull}, {@link #announce} and {@link #status} are for any thread.
 */
@SuppressWarnings("FutureReturnValueIgnored") // what fails on a channel closes it, and its handlers hear of that
final class PeerLink implements Greeting.Outcome {
    private static final Logger log = LoggerFactory.getLogger(PeerLink.class);

    /** A stream that broke sooner does not earn a try at once: one that comes and goes must not spin. */
    private static final int STEADY_MILLIS = 1_000;

    private final PeerConfig config;
    private final int broker;
    private final PeerAddress address;
    private final PeerListener listener;
    private final PeerCounters counters;
    private final PeerNames names;
    private final Supplier<Collection<ShardLeader>> announcements;
    private final ReceiveBudget budget;
    private final EventLoop loop;
    private final SplittableRandom jitter = new SplittableRandom();
    private final AtomicInteger pulls = new AtomicInteger();

    private volatile @Nullable OutgoingStream stream;
    private volatile @Nullable HelloRefusal refusal;

    private @Nullable Channel channel;
    private @Nullable InetSocketAddress resolved;
    private @Nullable ScheduledFuture<?> next;
    private @Nullable ScheduledFuture<?> steady;
    /** Tries since a stream was last up for a while. */
    private int tries;
    /** The peer's side ended a stream that had been up, and since then none was up again nor refused. */
    private boolean broken;

    private boolean givenUp;
    private boolean closed;

    PeerLink(
            PeerConfig config,
            int broker,
            PeerAddress address,
            PeerListener listener,
            PeerCounters counters,
            PeerNames names,
            Supplier<Collection<ShardLeader>> announcements,
            ReceiveBudget budget,
            EventLoop loop) {
        this.config = config;
        this.broker = broker;
        this.address = address;
        this.listener = listener;
        this.counters = counters;
        this.names = names;
        this.announcements = announcements;
        this.budget = budget;
        this.loop = loop;
    }

    // ---- any thread

    void start() {
        loop.execute(this::connect);
    }

    PeerAddress address() {
        return address;
    }

    boolean up() {
        return stream != null;
    }

    PeerStatus status() {
        return new PeerStatus(broker, address, up(), refusal);
    }

    void push(PayloadId id, int length, int crc) {
        OutgoingStream current = stream;
        if (current == null) {
            counters.droppedUnconnected.increment();
        } else {
            current.push(id, length, crc);
        }
    }

    void pull(PayloadId id, long timeoutNanos, CompletableFuture<@Nullable ReceivedPayload> future) {
        if (pulls.incrementAndGet() > config.limits().pulls()) {
            pulls.decrementAndGet();
            future.completeExceptionally(new IOException("too many pulls are under way to broker " + broker));
            return;
        }
        try {
            loop.execute(() -> {
                OutgoingStream current = stream;
                if (current == null) {
                    pulls.decrementAndGet();
                    future.completeExceptionally(new IOException("broker " + broker + " is not connected"));
                } else {
                    current.pull(id, timeoutNanos, future, pulls::decrementAndGet);
                }
            });
        } catch (RejectedExecutionException e) {
            pulls.decrementAndGet();
            future.completeExceptionally(new IOException("the peer streams are closed", e));
        }
    }

    /** Sends what is announced of the shard when its turn comes: two of them cannot overtake each other. */
    void announce(Supplier<@Nullable ShardLeader> newest) {
        try {
            loop.execute(() -> {
                OutgoingStream current = stream;
                ShardLeader leader = newest.get();
                if (current != null && leader != null) {
                    current.announce(leader);
                }
            });
        } catch (RejectedExecutionException e) {
            log.debug("not announced, closing");
        }
    }

    /** Ends the stream for good, soon. */
    void leave() {
        loop.execute(this::end);
    }

    /** Ends the stream for good. Completes when pulls have failed and the listener knows. */
    CompletableFuture<Void> close() {
        // What the end of the connection sets off stands in the loop's queue when the second part is queued.
        return CompletableFuture.runAsync(this::end, loop).thenRunAsync(() -> {}, loop);
    }

    // ---- on the loop

    private void end() {
        closed = true;
        cancel(next);
        giveUp("closed here");
    }

    private void giveUp(String why) {
        givenUp = true;
        Channel current = channel;
        if (current != null) {
            if (!closed) {
                log.warn("closes the stream to broker {}: {}", broker, why);
            }
            current.close();
        }
    }

    private void connect() {
        if (closed) {
            return;
        }
        next = null;
        InetSocketAddress last = resolved;
        if (last != null && tries == 0) {
            connectTo(last);
            return;
        }
        names.resolve(address.host(), address.port(), loop, found -> {
            resolved = found == null ? resolved : found;
            if (closed) {
                return;
            }
            if (found == null) {
                tries++;
                again();
            } else {
                connectTo(found);
            }
        });
    }

    private void connectTo(InetSocketAddress to) {
        tries++;
        givenUp = false;
        Hello hello = new Hello(config.clusterId(), config.brokerId(), config.incarnation(), broker);
        ChannelFuture connecting = new Bootstrap()
                .group(loop)
                .channel(NioSocketChannel.class)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, config.times().connect())
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel fresh) {
                        LandingAllocator landing = new LandingAllocator();
                        Sockets.configure(fresh, landing);
                        fresh.attr(Sockets.LANDING).set(landing);
                        fresh.pipeline()
                                .addLast(new Greeting(
                                        hello, address, config.times().handshake(), PeerLink.this));
                    }
                })
                .connect(to);
        channel = connecting.channel();
        connecting.addListener(done -> {
            if (!done.isSuccess()) {
                failed(done.cause());
            }
        });
    }

    private void failed(Throwable cause) {
        channel = null;
        if (broken && !closed && nobodyListens(cause)) {
            broken = false;
            log.info("broker {} has ended: its stream broke, and a new connection is refused", broker);
            listener.refused(broker);
        }
        again();
    }

    /** A connect that the kernel gives up is a ConnectException too, but long before that this side's own limit ends it, which Netty names. */
    private static boolean nobodyListens(Throwable cause) {
        return cause instanceof ConnectException && !(cause instanceof ConnectTimeoutException);
    }

    @Override
    public void taken(Channel greeted) {
        refusal = null;
        broken = false;
        OutgoingStream up = new OutgoingStream(greeted, listener, counters, config.limits(), this::broke);
        FrameReader frames = new FrameReader(up, budget, config.limits().payloadBytes(), this::giveUp);
        greeted.attr(Sockets.LANDING).get().landsIn(frames);
        greeted.pipeline().addLast(new Heartbeat(config.times(), this::giveUp), frames, up);
        steady = loop.schedule(this::steady, STEADY_MILLIS, TimeUnit.MILLISECONDS);
        stream = up;
        counters.connects.increment();
        announcements.get().forEach(up::announce);
        log.info("stream to broker {} at {} is up", broker, greeted.remoteAddress());
        listener.connected(broker);
    }

    private void steady() {
        tries = 0;
    }

    /** A stream that had been up has ended. */
    private void broke() {
        stream = null;
        broken = !givenUp;
        cancel(steady);
        log.info("stream to broker {} is down", broker);
        listener.disconnected(broker);
        ended();
    }

    @Override
    public void refused(RefusedException why) {
        if (refusal != why.refusal()) {
            log.warn("no stream to broker {} at {}: {}, {}", broker, address, why.refusal(), why.getMessage());
        }
        refusal = why.refusal();
    }

    @Override
    public void ended() {
        channel = null;
        again();
    }

    private void again() {
        if (!closed) {
            next = loop.schedule(this::connect, pause(), TimeUnit.MILLISECONDS);
        }
    }

    private long pause() {
        if (tries == 0) {
            return 0;
        }
        PeerTimes times = config.times();
        long longest = Math.min((long) times.retry() << Math.min(tries - 1, 20), times.retryMax());
        return longest - jitter.nextLong(longest / 2 + 1);
    }

    private static void cancel(@Nullable ScheduledFuture<?> task) {
        if (task != null) {
            task.cancel(false);
        }
    }
}
