package io.millrace.replication.peer;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Peer streams over TCP. Each broker makes one connection to each peer ({@link PeerLink}) for its own pushes, pulls and announcements, and takes one from each ({@link Acceptor}).
 * Memory is bounded by {@link PeerLimits}.
 */
public final class NettyPeerStreams implements PeerStreams {
    private static final Logger log = LoggerFactory.getLogger(NettyPeerStreams.class);

    private static final int READERS = 2;
    private static final int IDLE_SECONDS = 30;
    /** Parts of the two seconds that {@link #close()} may take. */
    private static final int LINKS_MILLIS = 500;

    private static final int LOOPS_MILLIS = 1_000;
    private static final int THREADS_MILLIS = 300;

    private final PeerConfig config;
    private final PeerListener listener;
    private final EventLoopGroup loops;
    private final ExecutorService readers;
    private final ExecutorService lookUps;
    private final PeerNames names;
    private final ReceiveBudget pulled;
    private final Acceptor acceptor;
    private final Map<Integer, PeerCounters> counters = new ConcurrentHashMap<>();
    private final Map<Integer, ShardLeader> announced = new ConcurrentHashMap<>();
    /** Changed under this object's lock, read by any thread. */
    private volatile Map<Integer, PeerLink> links = Map.of();

    private boolean closed;
    private int port;

    private NettyPeerStreams(PeerConfig config, PeerListener listener) {
        this.config = config;
        this.listener = new GuardedListener(listener);
        this.loops = new MultiThreadIoEventLoopGroup(
                config.limits().threads(), new DefaultThreadFactory(name("peers"), true), NioIoHandler.newFactory());
        this.readers = threads("peer-answers", READERS);
        this.lookUps = threads("peer-names", 1);
        this.names = new PeerNames(lookUps);
        this.pulled = new ReceiveBudget(config.limits().pulledBytes());
        this.acceptor = new Acceptor(config, this.listener, readers, this::counters);
    }

    private String name(String what) {
        return what + "-b" + config.brokerId();
    }

    private ExecutorService threads(String what, int count) {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                count,
                count,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                new DefaultThreadFactory(name(what), true));
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    /**
     * Listens for peers; connects to none yet.
     *
     * @throws IOException the port cannot be had
     */
    public static NettyPeerStreams start(PeerConfig config, PeerListener listener) throws IOException {
        NettyPeerStreams streams = new NettyPeerStreams(config, listener);
        try {
            streams.listen();
            return streams;
        } catch (IOException | RuntimeException e) {
            streams.close();
            throw e;
        }
    }

    private void listen() throws IOException {
        var binding = new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childHandler(acceptor)
                .bind(new InetSocketAddress(config.host(), config.port()))
                .awaitUninterruptibly();
        if (!binding.isSuccess()) {
            throw new IOException(
                    "cannot listen for peers on " + config.host() + ":" + config.port() + ": "
                            + binding.cause().getMessage(),
                    binding.cause());
        }
        Channel server = binding.channel();
        port = ((InetSocketAddress) server.localAddress()).getPort();
    }

    /** Where peers connect to. */
    public int port() {
        return port;
    }

    /** The peers that there shall be streams to, from now on. Those that are not named, or have another address, are left. */
    public synchronized void connectTo(Map<Integer, PeerAddress> peers) {
        if (peers.containsKey(config.brokerId())) {
            throw new IllegalArgumentException("broker " + config.brokerId() + " is no peer of itself");
        }
        if (closed) {
            return;
        }
        acceptor.know(peers);
        Map<Integer, PeerLink> wanted = new HashMap<>();
        peers.forEach((broker, address) -> {
            PeerLink present = links.get(broker);
            boolean stays = present != null && present.address().equals(address);
            wanted.put(broker, stays ? present : link(broker, address));
        });
        Map<Integer, PeerLink> before = links;
        links = Map.copyOf(wanted);
        before.forEach((broker, link) -> {
            if (wanted.get(broker) != link) {
                link.leave();
            }
        });
        wanted.forEach((broker, link) -> {
            if (before.get(broker) != link) {
                link.start();
            }
        });
    }

    private PeerLink link(int broker, PeerAddress address) {
        return new PeerLink(
                config, broker, address, listener, counters(broker), names, announced::values, pulled, loops.next());
    }

    private PeerCounters counters(int broker) {
        return counters.computeIfAbsent(broker, id -> new PeerCounters());
    }

    @Override
    public void push(int broker, PayloadId id, int length, int crc) {
        if (length < 1 || length > config.limits().payloadBytes()) {
            throw new IllegalArgumentException("payload " + id + " of " + length + " bytes");
        }
        PeerLink link = links.get(broker);
        if (link == null) {
            counters(broker).droppedUnconnected.increment();
        } else {
            link.push(id, length, crc);
        }
    }

    @Override
    public CompletableFuture<@Nullable ReceivedPayload> pull(int broker, PayloadId id, long timeoutNanos) {
        CompletableFuture<@Nullable ReceivedPayload> future = new CompletableFuture<>();
        PeerLink link = links.get(broker);
        if (link == null) {
            future.completeExceptionally(new IOException("broker " + broker + " is no peer"));
        } else {
            link.pull(id, timeoutNanos, future);
        }
        return future;
    }

    @Override
    public void announce(ShardLeader leader) {
        if (leader.broker() != config.brokerId()) {
            throw new IllegalArgumentException("broker " + config.brokerId() + " speaks for itself, not as " + leader);
        }
        announced.merge(leader.shard(), leader, (before, now) -> now.term() < before.term() ? before : now);
        links.values().forEach(link -> link.announce(() -> announced.get(leader.shard())));
    }

    @Override
    public void retract(int shard) {
        announced.remove(shard);
    }

    @Override
    public Set<Integer> connected() {
        return links.entrySet().stream()
                .filter(link -> link.getValue().up())
                .map(Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet());
    }

    /** How the streams to the wanted peers stand, by broker id. */
    public Map<Integer, PeerStatus> peers() {
        Map<Integer, PeerStatus> all = new TreeMap<>();
        links.forEach((broker, link) -> all.put(broker, link.status()));
        return all;
    }

    /** Greetings that this broker refused, by cause. */
    public Map<HelloRefusal, Long> refusals() {
        return acceptor.refusals();
    }

    /** What went to and from each broker that ever was a peer, by broker id. */
    public Map<Integer, PeerStats> stats() {
        Map<Integer, PeerStats> all = new TreeMap<>();
        counters.forEach((broker, counted) -> all.put(broker, counted.stats()));
        return all;
    }

    /** Bytes of payloads, pushed and pulled, that were received and that the listener has not closed. */
    public long heldBytes() {
        return acceptor.heldBytes() + pulled.taken();
    }

    /** Takes at most two seconds. Payloads that the listener holds stay good until it closes them. */
    @Override
    public void close() {
        Map<Integer, PeerLink> last;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            last = links;
            links = Map.of();
        }
        try {
            CompletableFuture.allOf(last.values().stream().map(PeerLink::close).toArray(CompletableFuture[]::new))
                    .get(LINKS_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException | RejectedExecutionException e) {
            log.warn("streams to peers did not end in time", e);
        }
        readers.shutdownNow();
        lookUps.shutdownNow();
        loops.shutdownGracefully(0, LOOPS_MILLIS, TimeUnit.MILLISECONDS)
                .awaitUninterruptibly(LOOPS_MILLIS + THREADS_MILLIS);
        awaitReaders();
    }

    private void awaitReaders() {
        try {
            if (!readers.awaitTermination(THREADS_MILLIS / 2, TimeUnit.MILLISECONDS)) {
                log.warn("an answer to a pull is still being read");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
