package io.millrace.replication.ratis;

import io.millrace.replication.peer.PayloadId;
import io.millrace.replication.peer.PeerListener;
import io.millrace.replication.peer.PeerStreams;
import io.millrace.replication.peer.ReceivedPayload;
import io.millrace.replication.peer.ShardLeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;

/** Streams between brokers of one process, which do to a payload what a test says. */
final class LocalStreams implements PeerStreams {
    /** What happens to a payload under way. */
    enum Fate {
        ARRIVES,
        LOST,
        TWICE,
        LATE,
        DAMAGED,
        OLD_TERM
    }

    /** All brokers of a test. */
    static final class Net {
        final Map<Integer, PeerListener> listeners = new ConcurrentHashMap<>();
        final AtomicInteger outstanding = new AtomicInteger();
        final AtomicInteger pulls = new AtomicInteger();
        volatile PushRule push = (from, to, id) -> Fate.ARRIVES;
        volatile LinkRule link = (from, to) -> true;
        private volatile Runnable held = () -> {};

        interface PushRule {
            Fate fate(int from, int to, PayloadId id);
        }

        /** Whether one broker can ask another. */
        interface LinkRule {
            boolean isUp(int from, int to);
        }
    }

    private final Net net;
    private final int self;
    private final ExecutorService threads = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "local-streams");
        thread.setDaemon(true);
        return thread;
    });

    LocalStreams(Net net, int self) {
        this.net = net;
        this.self = self;
    }

    private static final class Bytes implements ReceivedPayload {
        private final Net net;
        private final PayloadId id;
        private final byte[] bytes;
        private final int crc;
        private boolean closed;

        private Bytes(Net net, PayloadId id, byte[] bytes) {
            this.net = net;
            this.id = id;
            this.bytes = bytes;
            CRC32C sum = new CRC32C();
            sum.update(bytes);
            this.crc = (int) sum.getValue();
            net.outstanding.incrementAndGet();
        }

        @Override
        public PayloadId id() {
            return id;
        }

        @Override
        public int crc() {
            return crc;
        }

        @Override
        public ByteBuffer bytes() {
            if (closed) {
                throw new IllegalStateException("read after close");
            }
            return ByteBuffer.wrap(bytes).asReadOnlyBuffer();
        }

        @Override
        public void close() {
            if (closed) {
                throw new IllegalStateException("closed twice");
            }
            closed = true;
            net.outstanding.decrementAndGet();
        }
    }

    @Override
    public void push(int broker, PayloadId id, int length, int crc) {
        threads.execute(() -> {
            Fate fate = net.push.fate(self, broker, id);
            ByteBuffer target = ByteBuffer.allocate(length);
            PeerListener own = net.listeners.get(self);
            if (fate == Fate.LOST || own == null || !own.copy(id, target)) {
                return;
            }
            byte[] bytes = target.array();
            switch (fate) {
                case DAMAGED -> bytes[bytes.length / 2] ^= 1;
                case TWICE -> deliver(broker, id, bytes);
                case LATE -> {
                    Runnable before = net.held;
                    net.held = () -> deliver(broker, id, bytes);
                    before.run();
                    return;
                }
                case OLD_TERM -> {
                    deliver(broker, new PayloadId(id.shard(), id.term() - 1, id.raftIndex()), bytes);
                    return;
                }
                default -> {}
            }
            deliver(broker, id, bytes);
        });
    }

    private void deliver(int broker, PayloadId id, byte[] bytes) {
        PeerListener target = net.listeners.get(broker);
        if (target != null) {
            target.pushed(self, new Bytes(net, id, bytes));
        }
    }

    @Override
    public CompletableFuture<ReceivedPayload> pull(int broker, PayloadId id, long timeoutNanos) {
        CompletableFuture<ReceivedPayload> future = new CompletableFuture<>();
        net.pulls.incrementAndGet();
        threads.execute(() -> {
            PeerListener source = net.listeners.get(broker);
            if (source == null || !net.link.isUp(self, broker)) {
                future.completeExceptionally(new IOException("no answer"));
                return;
            }
            int length = source.lengthOf(id);
            ByteBuffer target = ByteBuffer.allocate(Math.max(0, length));
            boolean found = length >= 0 && source.copy(id, target);
            future.complete(found ? new Bytes(net, id, target.array()) : null);
        });
        return future;
    }

    @Override
    public void announce(ShardLeader leader) {}

    @Override
    public void retract(int shard) {}

    @Override
    public Set<Integer> connected() {
        return net.listeners.keySet().stream().filter(broker -> broker != self).collect(Collectors.toSet());
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
