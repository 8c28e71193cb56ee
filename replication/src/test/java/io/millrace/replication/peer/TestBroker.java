package io.millrace.replication.peer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** A broker of a test: payloads in memory, and all that its streams told it. */
final class TestBroker implements PeerListener, AutoCloseable {
    static final UUID CLUSTER = new UUID(1, 2);
    static final String HOST = "127.0.0.1";

    /** Silence is seen soon; nothing else is hurried. */
    static final PeerTimes TIMES = new PeerTimes(1_000, 1_000, 100, 1_000, 20, 200);

    final int id;
    final Map<PayloadId, byte[]> payloads = new ConcurrentHashMap<>();
    final List<PayloadId> arrivals = new CopyOnWriteArrayList<>();
    final Map<PayloadId, byte[]> received = new ConcurrentHashMap<>();
    final List<ReceivedPayload> held = new CopyOnWriteArrayList<>();
    final List<ShardLeader> leaders = new CopyOnWriteArrayList<>();
    /** "connected 2", "disconnected 2", "refused 2", in order. */
    final List<String> events = new CopyOnWriteArrayList<>();

    /** Pushes are held open instead of taken. */
    final AtomicBoolean hold = new AtomicBoolean();

    volatile @Nullable CountDownLatch copyGate;
    final NettyPeerStreams streams;

    TestBroker(int id) throws IOException {
        this(id, 1, PeerLimits.standard(), TIMES, 0);
    }

    TestBroker(int id, int incarnation, PeerLimits limits, PeerTimes times, int port) throws IOException {
        this.id = id;
        this.streams =
                NettyPeerStreams.start(new PeerConfig(CLUSTER, id, incarnation, HOST, port, limits, times), this);
    }

    PeerAddress address() {
        return at(streams.port());
    }

    static PeerAddress at(int port) {
        return new PeerAddress(HOST, port, PeerAddress.ANY_INCARNATION);
    }

    void connectTo(TestBroker... others) {
        Map<Integer, PeerAddress> peers = new HashMap<>();
        for (TestBroker other : others) {
            peers.put(other.id, other.address());
        }
        streams.connectTo(peers);
    }

    /** Makes a payload of this broker. */
    PayloadId add(int shard, long index, int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed ^ index ^ ((long) shard << 32)).nextBytes(bytes);
        PayloadId payload = new PayloadId(shard, 1, index);
        payloads.put(payload, bytes);
        return payload;
    }

    void push(int broker, PayloadId payload) {
        byte[] bytes = payloads.get(payload);
        if (bytes == null) {
            throw new IllegalArgumentException("no payload " + payload);
        }
        streams.push(broker, payload, bytes.length, crc(bytes));
    }

    static int crc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    PeerStats stats(int broker) {
        PeerStats stats = streams.stats().get(broker);
        return stats == null ? new PeerCounters().stats() : stats;
    }

    static byte[] take(ReceivedPayload payload) {
        try (payload) {
            ByteBuffer view = payload.bytes();
            byte[] bytes = new byte[view.remaining()];
            view.get(bytes);
            return bytes;
        }
    }

    void releaseHeld() {
        hold.set(false);
        for (ReceivedPayload payload : held) {
            received.put(payload.id(), take(payload));
            arrivals.add(payload.id());
        }
        held.clear();
    }

    @Override
    public void pushed(int fromBroker, ReceivedPayload payload) {
        if (hold.get()) {
            held.add(payload);
        } else {
            PayloadId payloadId = payload.id();
            received.put(payloadId, take(payload));
            arrivals.add(payloadId);
        }
    }

    @Override
    public boolean copy(PayloadId payload, ByteBuffer target) {
        CountDownLatch gate = copyGate;
        if (gate != null) {
            try {
                gate.await();
            } catch (InterruptedException e) {
                return false;
            }
        }
        byte[] bytes = payloads.get(payload);
        if (bytes == null || bytes.length != target.remaining()) {
            return false;
        }
        target.put(bytes);
        return true;
    }

    @Override
    public int lengthOf(PayloadId payload) {
        byte[] bytes = payloads.get(payload);
        return bytes == null ? -1 : bytes.length;
    }

    @Override
    public void announced(ShardLeader leader) {
        leaders.add(leader);
    }

    @Override
    public void connected(int broker) {
        events.add("connected " + broker);
    }

    @Override
    public void disconnected(int broker) {
        events.add("disconnected " + broker);
    }

    @Override
    public void refused(int broker) {
        events.add("refused " + broker);
    }

    @Override
    public void close() {
        streams.close();
    }
}
