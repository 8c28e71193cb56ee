package io.millrace.replication.peer;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the connections that peers make to this broker, at most one of each: a newer one replaces the older, whose end may not have been noticed yet.
 * Any thread; the lock guards the tables only.
 */
@SuppressWarnings("FutureReturnValueIgnored") // what fails on a channel closes it, and its handlers hear of that
final class Acceptor extends ChannelInitializer<Channel> implements Reception.Host {
    private static final Logger log = LoggerFactory.getLogger(Acceptor.class);

    /** Connections that have not greeted yet; more are closed at once. */
    private static final int STRANGERS = 64;

    private static final int LOGGED = 256;

    private record Accepted(Channel channel, int incarnation) {}

    private record Cause(int broker, HelloRefusal refusal) {}

    private final PeerConfig config;
    private final PeerListener listener;
    private final Executor readers;
    private final IntFunction<PeerCounters> counters;
    private final ReceiveBudget budget;
    private final AtomicInteger strangers = new AtomicInteger();

    private final Object lock = new Object();
    private final Map<Integer, Accepted> accepted = new HashMap<>();
    private final Map<Integer, PeerAddress> known = new HashMap<>();
    private final Map<HelloRefusal, Long> refusals = new EnumMap<>(HelloRefusal.class);
    private final Set<Cause> logged = new HashSet<>();

    Acceptor(PeerConfig config, PeerListener listener, Executor readers, IntFunction<PeerCounters> counters) {
        this.config = config;
        this.listener = listener;
        this.readers = readers;
        this.counters = counters;
        this.budget = new ReceiveBudget(config.limits().pushedBytes());
    }

    /** Bytes of pushes received and not closed by the listener. */
    long heldBytes() {
        return budget.taken();
    }

    Map<HelloRefusal, Long> refusals() {
        synchronized (lock) {
            return Map.copyOf(refusals);
        }
    }

    /** The peers as the cluster knows them now. A connection of another incarnation is ended. */
    void know(Map<Integer, PeerAddress> peers) {
        synchronized (lock) {
            known.clear();
            known.putAll(peers);
            accepted.forEach((broker, stream) -> {
                if (!expects(broker, stream.incarnation())) {
                    stream.channel().close();
                }
            });
        }
    }

    /** A broker that is not known yet is taken: the cluster's id vouches for it. */
    private boolean expects(int broker, int incarnation) {
        PeerAddress peer = known.get(broker);
        return peer == null || peer.expects(incarnation);
    }

    /** TLS would stand first in the pipeline, and the landing allocator would not be set. */
    @Override
    protected void initChannel(Channel channel) {
        LandingAllocator landing = new LandingAllocator();
        Sockets.configure(channel, landing);
        if (strangers.incrementAndGet() > STRANGERS) {
            strangers.decrementAndGet();
            channel.close();
            return;
        }
        channel.attr(Sockets.LANDING).set(landing);
        channel.pipeline().addLast(new Reception(this, config.times().handshake()));
    }

    @Override
    public void judge(Hello hello) throws RefusedException {
        String who = "broker " + hello.brokerId() + ", incarnation " + hello.incarnation() + " of cluster "
                + hello.clusterId();
        if (!hello.clusterId().equals(config.clusterId())) {
            throw new RefusedException(HelloRefusal.WRONG_CLUSTER, who);
        }
        if (hello.expectedBroker() != config.brokerId()) {
            throw new RefusedException(HelloRefusal.WRONG_BROKER, who + " looks for " + hello.expectedBroker());
        }
        if (hello.brokerId() == config.brokerId()) {
            throw new RefusedException(HelloRefusal.SELF, who);
        }
        synchronized (lock) {
            if (!expects(hello.brokerId(), hello.incarnation())) {
                throw new RefusedException(HelloRefusal.WRONG_INCARNATION, who);
            }
        }
    }

    @Override
    public HelloAnswer answer(@Nullable HelloRefusal refusal) {
        return new HelloAnswer(config.clusterId(), config.brokerId(), config.incarnation(), refusal);
    }

    @Override
    public void taken(Channel channel, Hello hello) {
        int broker = hello.brokerId();
        Accepted stream = new Accepted(channel, hello.incarnation());
        synchronized (lock) {
            Accepted older = accepted.put(broker, stream);
            if (older != null) {
                older.channel().close();
            }
        }
        PeerCounters counted = counters.apply(broker);
        PullAnswers answers = new PullAnswers(channel, listener, counted, config.limits(), readers);
        IncomingStream sink = new IncomingStream(broker, listener, counted, answers, () -> forget(broker, stream));
        Consumer<String> giveUp = why -> {
            log.warn("closes the stream of broker {}: {}", broker, why);
            channel.close();
        };
        FrameReader frames = new FrameReader(sink, budget, config.limits().payloadBytes(), giveUp);
        channel.attr(Sockets.LANDING).get().landsIn(frames);
        channel.pipeline().addLast(new Heartbeat(config.times(), giveUp), frames);
    }

    private void forget(int broker, Accepted stream) {
        synchronized (lock) {
            accepted.remove(broker, stream);
        }
    }

    @Override
    public void refused(Channel channel, @Nullable Hello hello, RefusedException why) {
        boolean first;
        synchronized (lock) {
            refusals.merge(why.refusal(), 1L, Long::sum);
            Cause cause = new Cause(hello == null ? -1 : hello.brokerId(), why.refusal());
            first = logged.size() < LOGGED && logged.add(cause);
        }
        if (first) {
            log.warn("refuses a peer stream from {}: {}, {}", channel.remoteAddress(), why.refusal(), why.getMessage());
        }
    }

    @Override
    public void ended() {
        strangers.decrementAndGet();
    }
}
