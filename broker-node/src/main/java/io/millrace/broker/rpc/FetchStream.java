package io.millrace.broker.rpc;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.fetch.FetchAnswer;
import io.millrace.broker.fetch.FetchQuery;
import io.millrace.broker.fetch.FetchSession;
import io.millrace.broker.fetch.Fetches;
import io.millrace.broker.produce.MemoryBudget;
import io.millrace.error.FaultException;
import io.millrace.v1.FetchPart;
import io.millrace.v1.FetchRequest;
import io.millrace.v1.FetchResponse;
import io.millrace.v1.FetchResult;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One Fetch stream. Up to {@value #MAX_PIPELINED} requests wait at a time; a wait holds no bytes. An answer is read from the log only when
 * the one before it has left for the network and the budget has room: a consumer that stalls holds one answer and stops its own reads.
 *
 * <p>Requests come on the call's serial thread; reads run on the executor; the lock guards the response observer and all fields.
 */
final class FetchStream implements StreamObserver<FetchRequest> {
    static final int MAX_PIPELINED = 16;
    private static final int MAX_PARTS = 10_000;

    private final Fetches fetches;
    private final MemoryBudget budget;
    private final Errors errors;
    private final Executor executor;
    private final int maxResponseBytes;
    private final ServerCallStreamObserver<FetchResponse> responses;
    private final Gate gate;
    private final Runnable onStop = this::stop;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Set<Pending> pending = new HashSet<>();

    @GuardedBy("lock")
    private final ArrayDeque<Pending> readable = new ArrayDeque<>();

    /** Of the answer that the network has not taken yet. */
    @GuardedBy("lock")
    private MemoryBudget.@Nullable Grant held;

    @GuardedBy("lock")
    private boolean isReading;

    @GuardedBy("lock")
    private boolean owesRequest;

    @GuardedBy("lock")
    private boolean isHalfClosed;

    @GuardedBy("lock")
    private boolean isEnded;

    private static final class Pending {
        private final FetchRequest request;
        private final FetchQuery query;
        private @Nullable FetchSession session;

        private Pending(FetchRequest request, FetchQuery query) {
            this.request = request;
            this.query = query;
        }
    }

    FetchStream(
            Fetches fetches,
            MemoryBudget budget,
            Errors errors,
            Executor executor,
            int maxResponseBytes,
            Gate gate,
            ServerCallStreamObserver<FetchResponse> responses) {
        this.fetches = fetches;
        this.budget = budget;
        this.errors = errors;
        this.executor = executor;
        this.maxResponseBytes = maxResponseBytes;
        this.gate = gate;
        this.responses = responses;
    }

    void begin() {
        responses.disableAutoRequest();
        responses.setOnReadyHandler(this::onReady);
        responses.setOnCancelHandler(this::end);
        responses.request(1);
        gate.onStop(onStop);
    }

    /** What waits is answered, with what there is; then the stream ends. */
    private void stop() {
        lock.lock();
        try {
            completeWhenDone();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void onNext(FetchRequest request) {
        FetchQuery query;
        try {
            query = query(request);
        } catch (FaultException e) {
            fail(e);
            return;
        }
        Pending one = new Pending(request, query);
        FetchSession session = fetches.open(query, () -> becameReadable(one));
        one.session = session;
        lock.lock();
        try {
            pending.add(one);
            owesRequest = true;
        } finally {
            lock.unlock();
        }
        fetches.start(session);
        pump();
    }

    private FetchQuery query(FetchRequest request) {
        if (request.getPartsCount() > MAX_PARTS) {
            throw Errors.invalid(
                            "", "A fetch has at most " + MAX_PARTS + " parts, not " + request.getPartsCount() + ".")
                    .asException();
        }
        List<FetchQuery.Part> parts = new ArrayList<>(request.getPartsCount());
        for (FetchPart part : request.getPartsList()) {
            parts.add(new FetchQuery.Part(
                    WireBytes.idOrNull(part.getTopicId(), "topic_id"),
                    part.getTopic(),
                    part.getPartition(),
                    part.getOffset(),
                    bounded(part.getMaxBytes()),
                    part.hasFence()
                            ? new FetchQuery.Fence(
                                    part.getFence().getGroup(), part.getFence().getOwnerEpoch())
                            : null));
        }
        return new FetchQuery(
                parts,
                Math.max(1, bounded(request.getMinBytes() == 0 ? 1 : request.getMinBytes())),
                bounded(request.getMaxBytes()),
                TimeUnit.MILLISECONDS.toNanos(Integer.toUnsignedLong(request.getMaxWaitMillis())));
    }

    /** An unsigned number of bytes; 0: as many as the broker gives. */
    private int bounded(int bytes) {
        return bytes <= 0 ? maxResponseBytes : Math.min(bytes, maxResponseBytes);
    }

    private void becameReadable(Pending one) {
        lock.lock();
        try {
            readable.add(one);
        } finally {
            lock.unlock();
        }
        pump();
    }

    private void onReady() {
        MemoryBudget.Grant sent;
        lock.lock();
        try {
            sent = held;
            held = null;
        } finally {
            lock.unlock();
        }
        if (sent != null) {
            sent.close();
        }
        pump();
    }

    /** Starts the next read where everything allows it, and asks for the next request. */
    private void pump() {
        Pending next = null;
        lock.lock();
        try {
            if (isEnded) {
                return;
            }
            if (owesRequest && pending.size() < MAX_PIPELINED) {
                owesRequest = false;
                responses.request(1);
            }
            if (!isReading && held == null && responses.isReady()) {
                next = readable.poll();
                isReading = next != null;
            }
        } finally {
            lock.unlock();
        }
        if (next != null) {
            Pending chosen = next;
            budget.take(
                    MemoryBudget.Lane.READ,
                    chosen.query.maxBytes(),
                    grant -> executor.execute(() -> read(chosen, grant)));
        }
    }

    private void read(Pending one, MemoryBudget.Grant grant) {
        FetchSession session = one.session;
        if (isEnded() || session == null) {
            grant.close();
            return;
        }
        FetchResponse response;
        try {
            response = response(one, session.read());
        } catch (RuntimeException e) {
            grant.close();
            fail(e);
            return;
        }
        grant.shrinkTo(response.getSerializedSize());
        MemoryBudget.Grant free = grant;
        lock.lock();
        try {
            isReading = false;
            pending.remove(one);
            if (!isEnded) {
                responses.onNext(response);
                if (!responses.isReady()) {
                    held = grant;
                    free = null;
                }
            }
            completeWhenDone();
        } finally {
            lock.unlock();
        }
        if (free != null) {
            free.close();
        }
        pump();
    }

    private FetchResponse response(Pending one, List<FetchAnswer> answers) {
        FetchResponse.Builder response = FetchResponse.newBuilder().setRequestId(one.request.getRequestId());
        for (FetchAnswer answer : answers) {
            FetchResult.Builder result = FetchResult.newBuilder().setPart(answer.part());
            if (answer instanceof FetchAnswer.Records records) {
                Statuses.fill(result, records.status());
                result.setBatches(WireBytes.wrapped(records.batches()));
            } else if (answer instanceof FetchAnswer.Failed failed) {
                if (failed.status() != null) {
                    Statuses.fill(result, failed.status());
                }
                result.setError(errors.detail(failed.fault()));
            }
            response.addResults(result);
        }
        return response.build();
    }

    private boolean isEnded() {
        lock.lock();
        try {
            return isEnded;
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void completeWhenDone() {
        if (!pending.isEmpty() || isEnded) {
            return;
        }
        if (isHalfClosed) {
            isEnded = true;
            gate.forget(onStop);
            responses.onCompleted();
        } else if (gate.isStopping()) {
            isEnded = true;
            gate.forget(onStop);
            responses.onError(errors.exception(gate.stoppingFault()));
        }
    }

    private void fail(RuntimeException failure) {
        lock.lock();
        try {
            if (!isEnded) {
                isEnded = true;
                responses.onError(errors.exception(failure));
            }
        } finally {
            lock.unlock();
        }
        end();
    }

    private void end() {
        gate.forget(onStop);
        List<Pending> left;
        MemoryBudget.Grant unsent;
        lock.lock();
        try {
            isEnded = true;
            left = List.copyOf(pending);
            pending.clear();
            readable.clear();
            unsent = held;
            held = null;
        } finally {
            lock.unlock();
        }
        if (unsent != null) {
            unsent.close();
        }
        for (Pending one : left) {
            if (one.session != null) {
                fetches.abandon(one.session);
            }
        }
    }

    @Override
    public void onError(Throwable failure) {
        end();
    }

    @Override
    public void onCompleted() {
        lock.lock();
        try {
            isHalfClosed = true;
            completeWhenDone();
        } finally {
            lock.unlock();
        }
    }
}
