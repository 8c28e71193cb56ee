package io.millrace.client.consume;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.millrace.client.cluster.ClusterView;
import io.millrace.client.cluster.TopicImage;
import io.millrace.client.transport.BrokerAddress;
import io.millrace.client.transport.FetchStream;
import io.millrace.client.transport.SharedBytes;
import io.millrace.error.ErrorCode;
import io.millrace.error.Fault;
import io.millrace.error.FaultCodec;
import io.millrace.error.FaultException;
import io.millrace.record.Batches;
import io.millrace.record.InvalidBatchException;
import io.millrace.v1.FetchPart;
import io.millrace.v1.FetchRequest;
import io.millrace.v1.FetchResponse;
import io.millrace.v1.FetchResult;
import io.millrace.v1.GroupFence;
import io.millrace.v1.Isolation;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads partitions ahead of the one thread that polls. A partition has one request under way at a time; its next one leaves, from the network's thread, when the answer has come and the bound of bytes that
 * are fetched or asked for allows it. Partitions with more to read share requests of a bounded size, so several travel at once; those at their end wait together in one.
 *
 * <p>All state is under one lock, which is held briefly: batches are decoded outside of it, by the thread that polls. Methods are for one thread at a time, but {@link #wakeup} and {@link #close} for any.
 */
public final class FetchSession implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FetchSession.class);

    /** A request of partitions at their end may bring so much at first; they count as behind when it does. */
    private static final int CAUGHT_UP_BYTES = 256 << 10;

    /** So long after the longest wait of a request it is asked whether another broker leads by now; a stream is given up for that alone. */
    private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long LONGEST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final ClusterView cluster;
    private final FetchSettings settings;
    private final LongSupplier nanos;
    private final RandomGenerator random;
    private final ChunkDecoder decoder = new ChunkDecoder();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition arrived = lock.newCondition();

    @GuardedBy("lock")
    private final Map<PartitionId, PartitionFetch> partitions = new LinkedHashMap<>();

    @GuardedBy("lock")
    private final Map<BrokerAddress, FetchLane> lanes = new HashMap<>();

    @GuardedBy("lock")
    private final ArrayDeque<FetchedChunk> ready = new ArrayDeque<>();

    /** Bytes fetched and not handed out, and bytes that requests under way may bring. */
    @GuardedBy("lock")
    private long heldBytes;

    @GuardedBy("lock")
    private boolean wokenUp;

    @GuardedBy("lock")
    private boolean closed;

    private final ClusterView.Listener listener = new ClusterView.Listener() {
        @Override
        public void onChanged(String topic) {
            // Told under locks of others at times; onRenewed is enough.
        }

        @Override
        public void onRenewed() {
            FetchSession.this.onRenewed();
        }
    };

    public FetchSession(ClusterView cluster, FetchSettings settings, LongSupplier nanos, RandomGenerator random) {
        this.cluster = cluster;
        this.settings = settings;
        this.nanos = nanos;
        this.random = random;
        cluster.listen(listener);
    }

    /** A leader may have been found: a poll that waits asks again. */
    private void onRenewed() {
        lock.lock();
        try {
            arrived.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Reads a partition from an offset on; one that is read already begins anew. */
    public void add(PartitionId id, long position, @Nullable GroupFence fence) {
        lock.lock();
        try {
            remove(id);
            partitions.put(id, new PartitionFetch(id, fence, position));
        } finally {
            lock.unlock();
        }
    }

    /** Reads these no more, whatever of them has been fetched. */
    public void retain(Set<PartitionId> kept) {
        lock.lock();
        try {
            for (PartitionId each : List.copyOf(partitions.keySet())) {
                if (!kept.contains(each)) {
                    remove(each);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void remove(PartitionId id) {
        PartitionFetch gone = partitions.remove(id);
        if (gone != null) {
            gone.seek(gone.position());
            dropStale();
        }
    }

    public void seek(PartitionId id, long offset) {
        lock.lock();
        try {
            of(id).seek(offset);
            dropStale();
        } finally {
            lock.unlock();
        }
    }

    public void pause(PartitionId id, boolean on) {
        lock.lock();
        try {
            of(id).pause(on);
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void dropStale() {
        for (Iterator<FetchedChunk> each = ready.iterator(); each.hasNext(); ) {
            FetchedChunk chunk = each.next();
            if (chunk.isStale()) {
                heldBytes -= chunk.bytes();
                each.remove();
            }
        }
    }

    @GuardedBy("lock")
    private PartitionFetch of(PartitionId id) {
        PartitionFetch found = partitions.get(id);
        if (found == null) {
            throw new IllegalArgumentException(id + " is not assigned");
        }
        return found;
    }

    /** The next offset that {@link #poll} hands out. */
    public long position(PartitionId id) {
        lock.lock();
        try {
            return of(id).position();
        } finally {
            lock.unlock();
        }
    }

    /** Leader epoch of the last record handed out; -1: none. */
    public int leaderEpoch(PartitionId id) {
        lock.lock();
        try {
            return of(id).leaderEpoch();
        } finally {
            lock.unlock();
        }
    }

    /** The end as the last answer told it; -1: none came yet. */
    public long logEnd(PartitionId id) {
        lock.lock();
        try {
            return of(id).logEnd();
        } finally {
            lock.unlock();
        }
    }

    /** Why nothing comes from the partition now, where that may mend itself. */
    public @Nullable Fault trouble(PartitionId id) {
        lock.lock();
        try {
            return of(id).trouble();
        } finally {
            lock.unlock();
        }
    }

    /** Ends a poll that waits, or the next one. */
    public void wakeup() {
        lock.lock();
        try {
            wokenUp = true;
            arrived.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Hands out records that are there, at most so many; waits for the first.
     *
     * @return how many; 0: the time was over, or {@link #wakeup}
     * @throws FaultException where a partition cannot be read on; nothing was handed out then
     */
    public int poll(int maxRecords, long timeoutNanos, RecordSink sink) {
        long deadline = nanos.getAsLong() + timeoutNanos;
        int count = 0;
        while (count < maxRecords) {
            FetchedChunk chunk = next(count == 0 ? deadline : nanos.getAsLong(), count > 0);
            if (chunk == null) {
                break;
            }
            count += handOut(chunk, maxRecords - count, sink);
        }
        return count;
    }

    private int handOut(FetchedChunk chunk, int max, RecordSink sink) {
        ChunkDecoder.Progress progress = decoder.decode(position(chunk), max, sink);
        lock.lock();
        try {
            PartitionFetch partition = chunk.partition();
            if (progress.leaderEpoch() >= 0) {
                partition.handedOut(progress.position(), progress.leaderEpoch());
            } else {
                partition.skippedTo(progress.position());
            }
            if (progress.fault() != null) {
                partition.fail(progress.fault());
            }
            if (progress.atEnd()) {
                decoder.drop();
                heldBytes -= chunk.bytes();
                ask();
            }
        } finally {
            lock.unlock();
        }
        return progress.records();
    }

    private long position(FetchedChunk chunk) {
        lock.lock();
        try {
            return chunk.partition().position();
        } finally {
            lock.unlock();
        }
    }

    /** The chunk to go on with; {@code null}: there is none until the deadline. */
    private @Nullable FetchedChunk next(long deadline, boolean someHandedOut) {
        lock.lock();
        try {
            while (true) {
                FetchedChunk current = current();
                if (current != null) {
                    return current;
                }
                if (someHandedOut) {
                    return null;
                }
                throwFailure();
                if (closed) {
                    throw Fault.of(ErrorCode.CANCELLED, "consumer", "the consumer is closed")
                            .asException();
                }
                long now = nanos.getAsLong();
                throwLastingTrouble(now);
                giveUpSilent(now);
                ask();
                if (wokenUp || deadline - now <= 0) {
                    wokenUp = false;
                    return null;
                }
                arrived.awaitNanos(Math.min(deadline - now, untilNextStep(now)));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FaultException(
                    Fault.of(ErrorCode.CANCELLED, "consumer", "interrupted while waiting for records"), e);
        } finally {
            lock.unlock();
        }
    }

    /** The chunk that is open, or else the next one that has batches; a fault on the way becomes its partition's failure. */
    @GuardedBy("lock")
    private @Nullable FetchedChunk current() {
        FetchedChunk open = decoder.chunk();
        if (open != null) {
            if (!open.isStale()) {
                return open;
            }
            decoder.drop();
            heldBytes -= open.bytes();
        }
        for (FetchedChunk each = ready.pollFirst(); each != null; each = ready.pollFirst()) {
            if (each.fault() != null) {
                each.partition().fail(each.fault());
            } else {
                decoder.open(each);
                return each;
            }
        }
        return null;
    }

    @GuardedBy("lock")
    private void throwFailure() {
        for (PartitionFetch each : partitions.values()) {
            Fault failure = each.failure();
            if (failure != null) {
                throw failure.asException();
            }
        }
    }

    @GuardedBy("lock")
    private void throwLastingTrouble(long now) {
        if (settings.troubleNanos() == 0) {
            return;
        }
        for (PartitionFetch each : partitions.values()) {
            Fault lasting = each.lastingTrouble(now, settings.troubleNanos());
            if (lasting != null) {
                throw lasting.asException();
            }
        }
    }

    @GuardedBy("lock")
    private void giveUpSilent(long now) {
        for (FetchLane lane : lanes.values()) {
            long silent = now - lane.oldestNanos(now) - settings.maxWaitNanos();
            if (silent >= settings.requestNanos()) {
                LOG.warn("Broker {} has not answered a fetch in time: its stream is given up", lane.broker());
                lane.abandon("no answer in time");
            } else if (silent >= SILENCE_NANOS && isDeposed(lane)) {
                LOG.debug("Broker {} does not answer, and another one leads by now", lane.broker());
                lane.abandon("another broker leads by now");
            }
        }
    }

    /** Whether another broker is known to lead something that waits there; has it asked for. */
    @GuardedBy("lock")
    private boolean isDeposed(FetchLane lane) {
        boolean deposed = false;
        for (FetchLane.Part part : lane.oldest()) {
            PartitionId id = part.partition().id();
            BrokerAddress leader = cluster.leader(id.topic(), id.partition());
            deposed |= leader != null && !leader.equals(lane.broker());
            cluster.onSilent(id.topic(), lane.broker());
        }
        return deposed;
    }

    /** How long nothing will happen by itself. */
    @GuardedBy("lock")
    private long untilNextStep(long now) {
        long until = now + LONGEST_WAIT_NANOS;
        for (FetchLane lane : lanes.values()) {
            until = earlier(until, lane.pausedUntilNanos(until));
        }
        for (PartitionFetch each : partitions.values()) {
            until = earlier(until, each.waitsUntilNanos(until));
        }
        return Math.max(1, until - now);
    }

    private static long earlier(long a, long b) {
        return a - b <= 0 ? a : b;
    }

    // ---- asking

    /** Sends what may be sent now. */
    @GuardedBy("lock")
    private void ask() {
        if (closed) {
            return;
        }
        long now = nanos.getAsLong();
        Map<FetchLane, List<PartitionFetch>> behind = new LinkedHashMap<>();
        Map<FetchLane, List<PartitionFetch>> caughtUp = new LinkedHashMap<>();
        for (PartitionFetch each : partitions.values()) {
            FetchLane lane = lane(each.id());
            if (each.mayAsk(
                    now,
                    lane.broker(),
                    cluster.leader(each.id().topic(), each.id().partition()))) {
                if (lane.isReady(now)) {
                    (each.isCaughtUp() ? caughtUp : behind)
                            .computeIfAbsent(lane, any -> new ArrayList<>())
                            .add(each);
                }
            }
        }
        behind.forEach((lane, parts) -> askBehind(lane, parts, now));
        caughtUp.forEach((lane, parts) -> send(lane, parts, CAUGHT_UP_BYTES, CAUGHT_UP_BYTES, now));
    }

    @GuardedBy("lock")
    private void askBehind(FetchLane lane, List<PartitionFetch> parts, long now) {
        int perPart = Math.max(settings.partitionFetchBytes(), settings.fetchBytes() / parts.size());
        int perRequest = Math.max(1, settings.fetchBytes() / perPart);
        for (int from = 0; from < parts.size(); from += perRequest) {
            List<PartitionFetch> some = parts.subList(from, Math.min(parts.size(), from + perRequest));
            int bytes = (int) Math.min(settings.fetchBytes(), (long) perPart * some.size());
            send(lane, some, perPart, bytes, now);
        }
    }

    private boolean leads(FetchLane lane, PartitionId id) {
        return lane.broker().equals(cluster.leader(id.topic(), id.partition()));
    }

    @GuardedBy("lock")
    private FetchLane lane(PartitionId id) {
        BrokerAddress leader = cluster.leader(id.topic(), id.partition());
        return lanes.computeIfAbsent(leader != null ? leader : cluster.anyBroker(), FetchLane::new);
    }

    @GuardedBy("lock")
    private void send(FetchLane lane, List<PartitionFetch> parts, int partBytes, int maxBytes, long now) {
        if (heldBytes > 0 && heldBytes + maxBytes > settings.prefetchBytes()) {
            return;
        }
        FetchRequest.Builder request = FetchRequest.newBuilder()
                .setMaxWaitMillis((int) TimeUnit.NANOSECONDS.toMillis(settings.maxWaitNanos()))
                .setMinBytes(settings.minBytes())
                .setMaxBytes(maxBytes)
                .setIsolation(settings.readCommitted() ? Isolation.READ_COMMITTED : Isolation.READ_UNCOMMITTED);
        List<FetchLane.Part> asked = new ArrayList<>(parts.size());
        for (PartitionFetch each : parts) {
            request.addParts(part(each, partBytes));
            asked.add(new FetchLane.Part(each, each.life()));
        }
        heldBytes += maxBytes;
        parts.forEach(each -> each.asked(lane.broker(), leads(lane, each.id()), now));
        try {
            lane.send(
                    request,
                    new FetchLane.Asked(asked, maxBytes, now),
                    number -> cluster.connection(lane.broker()).openFetch(new Listener(lane, number)));
        } catch (FaultException e) {
            heldBytes -= maxBytes;
            onUnreachable(lane, parts, e.fault(), now);
        }
    }

    @GuardedBy("lock")
    private void onUnreachable(FetchLane lane, List<PartitionFetch> parts, Fault why, long now) {
        lane.pause(settings.backoff(), random, now);
        for (PartitionFetch each : parts) {
            each.answered();
            each.countFailure(why, now);
        }
    }

    private FetchPart part(PartitionFetch partition, int bytes) {
        PartitionId id = partition.id();
        FetchPart.Builder part = FetchPart.newBuilder()
                .setTopic(id.topic())
                .setPartition(id.partition())
                .setOffset(partition.fetchOffset())
                .setMaxBytes(bytes);
        TopicImage image = cluster.cached(id.topic());
        if (image != null) {
            part.setTopicId(image.id());
        }
        GroupFence fence = partition.fence();
        if (fence != null) {
            part.setFence(fence);
        }
        return part.build();
    }

    // ---- answers, on network threads

    private void onResponse(FetchLane lane, long stream, FetchResponse response) {
        lock.lock();
        try {
            FetchLane.Asked asked = lane.answered(stream, response.getRequestId());
            if (asked == null) {
                return;
            }
            cluster.onAnswer(lane.broker());
            heldBytes -= asked.reservedBytes();
            FetchResult[] results = new FetchResult[asked.parts().size()];
            for (FetchResult each : response.getResultsList()) {
                if (each.getPart() >= 0 && each.getPart() < results.length) {
                    results[each.getPart()] = each;
                }
            }
            for (int i = 0; i < results.length; i++) {
                FetchLane.Part part = asked.parts().get(i);
                if (part.life() == part.partition().life()) {
                    part.partition().answered();
                    take(lane, part.partition(), results[i]);
                }
            }
            ask();
            arrived.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void take(FetchLane lane, PartitionFetch partition, @Nullable FetchResult result) {
        if (result == null) {
            partition.nothingNew();
        } else if (result.hasError()) {
            onFault(lane, partition, FaultCodec.decode(result.getError()));
        } else if (result.getBatches().isEmpty()) {
            partition.settle(result.getLogEnd());
            partition.nothingNew();
        } else {
            ByteBuffer batches = SharedBytes.view(result.getBatches());
            try {
                long end = partition.fetchOffset();
                for (Batches.Batch each : new Batches(batches)) {
                    end = Math.max(end, each.header().lastOffset() + 1);
                }
                partition.fetched(end, result.getLogEnd());
                add(new FetchedChunk(partition, partition.life(), batches, end, null));
            } catch (InvalidBatchException e) {
                long at = partition.fetchOffset();
                onFault(
                        lane,
                        partition,
                        Fault.of(
                                ErrorCode.CORRUPT,
                                partition.id().toString(),
                                "a fetched batch has no readable header: " + e.getMessage(),
                                new Fault.CorruptRange(at, at + 1)));
            }
        }
    }

    @GuardedBy("lock")
    private void add(FetchedChunk chunk) {
        heldBytes += chunk.bytes();
        ready.addLast(chunk);
    }

    @GuardedBy("lock")
    private void onFault(FetchLane lane, PartitionFetch partition, Fault fault) {
        PartitionId id = partition.id();
        if (fault.code() == ErrorCode.OFFSET_OUT_OF_RANGE
                && settings.outOfRange() != FetchSettings.OutOfRange.FAIL
                && fault.detail() instanceof Fault.OffsetRange range) {
            long to = settings.outOfRange() == FetchSettings.OutOfRange.START ? range.logStart() : range.logEnd();
            LOG.warn("{}: offset {} cannot be read, going on at {} as configured", id, partition.fetchOffset(), to);
            partition.seek(to);
        } else if (fault.code().isRetryable()) {
            if (fault.code().retry() == ErrorCode.Retry.ELSEWHERE) {
                cluster.onNotLeader(id.topic(), id.partition(), lane.broker(), fault);
            }
            int failures = partition.countFailure(fault, nanos.getAsLong());
            partition.waitUntil(nanos.getAsLong() + settings.backoff().nanos(failures, random));
        } else {
            if (fault.code() == ErrorCode.UNKNOWN_TOPIC) {
                cluster.forget(id.topic());
            }
            add(new FetchedChunk(partition, partition.life(), null, partition.fetchOffset(), fault));
            // Not asked for again while the fault waits to be told.
            partition.asked(lane.broker(), leads(lane, id), nanos.getAsLong());
        }
    }

    private void onClosed(FetchLane lane, long stream, Fault why) {
        lock.lock();
        try {
            List<FetchLane.Asked> lost = lane.closed(stream);
            if (closed) {
                return;
            }
            LOG.debug("The fetch stream to {} ended: {}", lane.broker(), why);
            lane.pause(settings.backoff(), random, nanos.getAsLong());
            for (FetchLane.Asked asked : lost) {
                heldBytes -= asked.reservedBytes();
                for (FetchLane.Part part : asked.parts()) {
                    if (part.life() == part.partition().life()) {
                        part.partition().answered();
                        onLost(lane, part.partition(), why);
                    }
                }
            }
            arrived.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void onLost(FetchLane lane, PartitionFetch partition, Fault why) {
        if (why.code() == ErrorCode.UNSUPPORTED_VERSION) {
            onFault(lane, partition, why);
        } else {
            int failures = partition.countFailure(why, nanos.getAsLong());
            partition.waitUntil(nanos.getAsLong() + settings.backoff().nanos(failures, random));
            PartitionId id = partition.id();
            cluster.onUnreachable(id.topic(), id.partition(), lane.broker());
        }
    }

    @Override
    public void close() {
        cluster.unlisten(listener);
        lock.lock();
        try {
            closed = true;
            lanes.values().forEach(each -> each.abandon("the consumer is closed"));
            ready.clear();
            arrived.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** From the network's threads, one call at a time for each stream. */
    private final class Listener implements FetchStream.Listener {
        private final FetchLane lane;
        private final long number;

        Listener(FetchLane lane, long number) {
            this.lane = lane;
            this.number = number;
        }

        @Override
        public void onResponse(FetchResponse response) {
            FetchSession.this.onResponse(lane, number, response);
        }

        @Override
        public void onClosed(Fault why) {
            FetchSession.this.onClosed(lane, number, why);
        }
    }
}
