package io.millrace.replication.payload;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.millrace.replication.peer.PayloadId;
import io.millrace.replication.peer.ReceivedPayload;
import io.millrace.storage.Extent;
import io.millrace.storage.ShardLog;
import io.millrace.storage.ShardLog.Frame;
import io.millrace.storage.StorageException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The payloads of one shard on this replica. On the leader they come from the proposer; elsewhere header and payload come on two ways, in any
 * order, and are put together here: the payload goes into the shard log in the order of the headers, and only where length and checksum are
 * what the header says.
 *
 * <p>Thread safe: one lock guards what waits and all writing calls to the shard log. Futures complete outside of it, on the thread that brought
 * the last piece.
 */
public final class ShardPayloads {
    private static final Logger log = LoggerFactory.getLogger(ShardPayloads.class);

    /** Payload that came before its header and waits here; beyond it the oldest goes, and is pulled when its header comes. */
    private static final long EARLY_BYTES = 64L << 20;

    private static final int PULLS_AT_ONCE = 64;
    private static final long PULL_BYTES_AT_ONCE = 64L << 20;

    /** A header that came first gives its payload so long before it asks for it. */
    private static final long PATIENCE_NANOS = 15_000_000;

    private static final long RETRY_NANOS = 50_000_000;

    /** Above the timeout of a pull, and below what Ratis waits before it takes the log for failed. */
    private static final long ORPHAN_NANOS = 2_500_000_000L;

    /** 4 MB/s. */
    private static final long SLOW_NANOS_PER_BYTE = 250;

    /** Where an applied payload stands. */
    public interface Applied {
        @Nullable
        Extent find(long term, long raftIndex);
    }

    /** A payload to be asked for. */
    record Pull(PayloadId id, int broker) {}

    private static final class Wanted {
        private final PayloadId id;
        private final int length;
        private final int crc;
        private final CompletableFuture<Void> future = new CompletableFuture<>();
        private final Set<Integer> without = new HashSet<>();
        private @Nullable ReceivedPayload payload;
        private boolean pulling;
        private long nextTryNanos;
        private int tries;

        private Wanted(PayloadId id, int length, int crc, long nowNanos) {
            this.id = id;
            this.length = length;
            this.crc = crc;
            this.nextTryNanos = nowNanos + PATIENCE_NANOS;
        }
    }

    private final int shard;
    private final ShardLog shardLog;
    private final Applied applied;
    private final Object lock = new Object();

    @GuardedBy("lock")
    private final TreeMap<Long, Wanted> wanted = new TreeMap<>();

    @GuardedBy("lock")
    private final Map<PayloadId, ReceivedPayload> early = new LinkedHashMap<>();

    @GuardedBy("lock")
    private long earlyBytes;

    /** Since when the first of those that are wanted holds up the others. */
    @GuardedBy("lock")
    private long headSinceNanos;

    @GuardedBy("lock")
    private boolean closed;

    private volatile ShardMembers members = ShardMembers.ALONE;

    public ShardPayloads(int shard, ShardLog shardLog, Applied applied) {
        this.shard = shard;
        this.shardLog = shardLog;
        this.applied = applied;
    }

    public int shard() {
        return shard;
    }

    public void members(ShardMembers known) {
        members = known;
    }

    ShardMembers members() {
        return members;
    }

    /** The leader's own payload. Everything of earlier terms is applied here, so nothing is waited for. */
    public void append(long term, long raftIndex, int crc, List<ByteBuffer> payload) {
        synchronized (lock) {
            if (!wanted.isEmpty()) {
                throw new IllegalStateException(
                        "shard/" + shard + ": entry " + raftIndex + " while " + wanted.firstKey() + " has no payload");
            }
            shardLog.append(term, raftIndex, crc, payload);
        }
    }

    /**
     * The header of an entry has come. The future completes when its payload is in the shard log, or when the entry was truncated; it fails when
     * the shard closes before that.
     */
    CompletableFuture<Void> expect(PayloadId id, int length, int crc, long nowNanos) {
        List<CompletableFuture<Void>> done = new ArrayList<>();
        Wanted want = new Wanted(id, length, crc, nowNanos);
        synchronized (lock) {
            if (closed) {
                return CompletableFuture.failedFuture(closing());
            }
            if (wanted.isEmpty()) {
                headSinceNanos = nowNanos;
            }
            wanted.put(id.raftIndex(), want);
            ReceivedPayload payload = early.remove(id);
            if (payload != null) {
                earlyBytes -= payload.bytes().remaining();
                take(want, payload);
            }
            appendReady(done, nowNanos);
        }
        done.forEach(future -> future.complete(null));
        return want.future;
    }

    /** A payload has come, pushed or pulled; it is closed here, at once or later. */
    void arrived(ReceivedPayload payload, long nowNanos) {
        List<CompletableFuture<Void>> done = new ArrayList<>();
        synchronized (lock) {
            Wanted want = wanted.get(payload.id().raftIndex());
            if (closed) {
                payload.close();
            } else if (want != null) {
                take(want, payload);
                appendReady(done, nowNanos);
            } else {
                keep(payload);
            }
        }
        done.forEach(future -> future.complete(null));
    }

    @GuardedBy("lock")
    private void take(Wanted want, ReceivedPayload payload) {
        boolean fits =
                want.id.equals(payload.id()) && want.length == payload.bytes().remaining() && want.crc == payload.crc();
        if (!fits || want.payload != null) {
            if (!fits) {
                log.warn(
                        "shard/{}: dropped a payload of entry {}, term {}: it is not what the header of term {} says",
                        shard,
                        payload.id().raftIndex(),
                        payload.id().term(),
                        want.id.term());
            }
            payload.close();
            return;
        }
        want.payload = payload;
    }

    /** A push that is ahead of its header. One that was put into the log before, or was never wanted, goes when room is needed. */
    @GuardedBy("lock")
    private void keep(ReceivedPayload payload) {
        ReceivedPayload twice = early.put(payload.id(), payload);
        earlyBytes += payload.bytes().remaining();
        if (twice != null) {
            earlyBytes -= twice.bytes().remaining();
            twice.close();
        }
        Iterator<ReceivedPayload> oldest = early.values().iterator();
        while (earlyBytes > EARLY_BYTES && oldest.hasNext()) {
            ReceivedPayload dropped = oldest.next();
            oldest.remove();
            earlyBytes -= dropped.bytes().remaining();
            dropped.close();
        }
    }

    @GuardedBy("lock")
    private void appendReady(List<CompletableFuture<Void>> done, long nowNanos) {
        while (!wanted.isEmpty()) {
            Wanted first = wanted.firstEntry().getValue();
            ReceivedPayload payload = first.payload;
            if (payload == null) {
                return;
            }
            shardLog.append(first.id.term(), first.id.raftIndex(), first.crc, List.of(payload.bytes()));
            payload.close();
            wanted.pollFirstEntry();
            headSinceNanos = nowNanos;
            done.add(first.future);
            dropEarlyUpTo(first.id.raftIndex());
        }
    }

    /** What came twice, or of an older term, is not asked for any more. */
    @GuardedBy("lock")
    private void dropEarlyUpTo(long raftIndex) {
        Iterator<ReceivedPayload> all = early.values().iterator();
        while (all.hasNext()) {
            ReceivedPayload payload = all.next();
            if (payload.id().raftIndex() <= raftIndex) {
                all.remove();
                earlyBytes -= payload.bytes().remaining();
                payload.close();
            }
        }
    }

    /** Entries from {@code raftIndex} on are not in the Raft log any more: nobody waits for their payload. */
    public void truncate(long raftIndex) {
        List<CompletableFuture<Void>> done = new ArrayList<>();
        synchronized (lock) {
            Map<Long, Wanted> gone = wanted.tailMap(raftIndex, true);
            for (Wanted each : gone.values()) {
                if (each.payload != null) {
                    each.payload.close();
                }
                done.add(each.future);
            }
            gone.clear();
            shardLog.forget(raftIndex);
        }
        done.forEach(future -> future.complete(null));
    }

    /** Entries up to {@code raftIndex} are applied. */
    public void applied(long raftIndex) {
        synchronized (lock) {
            shardLog.applied(raftIndex);
        }
    }

    public void flush() {
        shardLog.flush();
    }

    /** Nothing more is written: what waits fails. */
    public void close() {
        List<CompletableFuture<Void>> failed = new ArrayList<>();
        synchronized (lock) {
            closed = true;
            for (Wanted each : wanted.values()) {
                if (each.payload != null) {
                    each.payload.close();
                }
                failed.add(each.future);
            }
            wanted.clear();
            early.values().forEach(ReceivedPayload::close);
            early.clear();
            earlyBytes = 0;
        }
        failed.forEach(future -> future.completeExceptionally(closing()));
    }

    private CancellationException closing() {
        return new CancellationException("shard/" + shard + " is closing");
    }

    boolean isWaiting() {
        synchronized (lock) {
            return !wanted.isEmpty();
        }
    }

    /** What to ask for now, and of whom. Those named are under way until {@link #pulled}. */
    List<Pull> pulls(Set<Integer> connected, long nowNanos) {
        List<Pull> pulls = new ArrayList<>();
        synchronized (lock) {
            int underWay = 0;
            long bytesUnderWay = 0;
            for (Wanted each : wanted.values()) {
                if (underWay == PULLS_AT_ONCE || bytesUnderWay >= PULL_BYTES_AT_ONCE) {
                    break;
                }
                if (each.pulling) {
                    underWay++;
                    bytesUnderWay += each.length;
                } else if (each.payload == null && nowNanos - each.nextTryNanos >= 0) {
                    int broker = source(each, connected);
                    if (broker >= 0) {
                        each.pulling = true;
                        underWay++;
                        bytesUnderWay += each.length;
                        pulls.add(new Pull(each.id, broker));
                    }
                }
            }
        }
        return pulls;
    }

    /** The leader first, then the others in turn. */
    @GuardedBy("lock")
    private int source(Wanted want, Set<Integer> connected) {
        int leader = members.leader();
        List<Integer> candidates = members.others().stream()
                .filter(connected::contains)
                .sorted((a, b) -> a == leader ? -1 : b == leader ? 1 : Integer.compare(a, b))
                .toList();
        return candidates.isEmpty() ? -1 : candidates.get(want.tries % candidates.size());
    }

    /** A pull has ended without the payload. */
    void pulled(Pull pull, boolean hasNone, long nowNanos) {
        synchronized (lock) {
            Wanted want = wanted.get(pull.id().raftIndex());
            if (want != null && want.id.equals(pull.id())) {
                want.pulling = false;
                want.tries++;
                want.nextTryNanos = nowNanos + (want.tries < members.others().size() ? 0 : RETRY_NANOS);
                if (hasNone) {
                    want.without.add(pull.broker());
                }
            }
        }
    }

    /**
     * The payload that holds everything up cannot come: each other replica either said that it has none or is dead; or it alone has been waited for
     * longer than {@link #ORPHAN_NANOS} and what its length takes on a slow network. Nothing of it was acknowledged here, so the entry may be given up, as in a
     * crash. While it holds up the log this replica neither leads nor lets one lead whose log is shorter.
     */
    boolean isOrphaned(Set<Integer> dead, long nowNanos) {
        synchronized (lock) {
            if (wanted.isEmpty()) {
                return false;
            }
            Wanted first = wanted.firstEntry().getValue();
            if (first.payload != null) {
                return false;
            }
            return nowNanos - headSinceNanos > ORPHAN_NANOS + first.length * SLOW_NANOS_PER_BYTE
                    || members.others().stream()
                            .allMatch(broker -> first.without.contains(broker) || dead.contains(broker));
        }
    }

    /** The length of a payload that this replica has; -1: it has none. */
    int lengthOf(PayloadId id) {
        ByteBuffer unwritten = unwritten(id);
        if (unwritten != null) {
            return unwritten.remaining();
        }
        Extent found = locate(id.term(), id.raftIndex());
        return found == null ? -1 : found.length();
    }

    boolean copy(PayloadId id, ByteBuffer target) {
        synchronized (lock) {
            ByteBuffer unwritten = unwritten(id);
            if (unwritten != null && unwritten.remaining() == target.remaining()) {
                target.put(unwritten);
                return true;
            }
        }
        return copyWritten(id.term(), id.raftIndex(), target);
    }

    /** What has come but waits for its header or for entries before it: another replica may need it to go on. */
    private @Nullable ByteBuffer unwritten(PayloadId id) {
        synchronized (lock) {
            ReceivedPayload payload = early.get(id);
            Wanted want = wanted.get(id.raftIndex());
            if (payload == null && want != null && want.id.equals(id)) {
                payload = want.payload;
            }
            return payload == null ? null : payload.bytes();
        }
    }

    private boolean copyWritten(long term, long raftIndex, ByteBuffer target) {
        Extent found = locate(term, raftIndex);
        if (found == null || found.length() != target.remaining()) {
            return false;
        }
        try {
            shardLog.read(found, 0, target);
            return true;
        } catch (StorageException e) {
            log.warn("shard/{}: the payload of entry {} cannot be read for a peer", shard, raftIndex, e);
            return false;
        }
    }

    private @Nullable Extent locate(long term, long raftIndex) {
        synchronized (lock) {
            if (closed) {
                return null;
            }
            Frame frame = shardLog.find(term, raftIndex);
            if (frame != null) {
                return frame.payload();
            }
        }
        try {
            return applied.find(term, raftIndex);
        } catch (StorageException e) {
            log.warn("shard/{}: the place of entry {} cannot be read", shard, raftIndex, e);
            return null;
        }
    }
}
